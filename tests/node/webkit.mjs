// A person with an iPhone: every browser there is WebKit, and what comes from an onion is no secure place to it. Debian's WebKitGTK
// is driven by the WebDriver protocol; it sees an onion's name, which a proxy of this journey leads to the letterbox.
// Arguments: onion's name, letterbox as IP:PORT, folder for screenshots, story, photograph.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const [name, letterbox, folder, story, photo] = process.argv.slice(2);
const BROWSER = '/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser';
// A loaded machine needs minutes for what takes a second otherwise.
const PATIENCE = 300_000;
const ELEMENT = 'element-6066-11e4-a52e-4f735466cecf';
const pause = (ms) => new Promise((soon) => { setTimeout(soon, ms); });

// Leads every request for the onion to the letterbox, and nothing else anywhere.
const requests = [];
const proxy = createServer((asked, answer) => {
  requests.push(`${asked.method} ${asked.url}`);
  const { host, pathname } = new URL(asked.url);
  if (host !== name) return answer.writeHead(403).end();
  const [ip, port] = letterbox.split(':');
  const onward = request({ host: ip, port, method: asked.method, path: pathname, headers: asked.headers });
  onward.on('response', (got) => {
    answer.writeHead(got.statusCode, got.headers);
    got.pipe(answer);
  });
  onward.on('error', () => answer.destroy());
  return asked.pipe(onward);
});
proxy.on('connect', (_, socket) => socket.destroy());

// Whatever was started here ends with this journey, and with the test that waits for it.
const started = [];
const end = () => {
  started.forEach((child) => child.kill('SIGKILL'));
  proxy.close();
  proxy.closeAllConnections();
};
process.stdin.resume();
process.stdin.once('end', () => {
  end();
  process.exit(1);
});

function start(program, args, options = {}) {
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'ignore', 'pipe'], ...options });
  started.push(child);
  return child;
}

// A display in memory; it says itself which number it took.
async function display() {
  const child = start('Xvfb', ['-displayfd', '3', '-screen', '0', '1400x1000x24', '-nolisten', 'tcp']);
  const [line] = await once(createInterface({ input: child.stdio[3] }), 'line');
  return `:${line}`;
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

// Waits until something listens there.
async function listens(port) {
  for (const until = Date.now() + PATIENCE; ;) {
    const socket = connect(port, '127.0.0.1');
    const there = await once(socket, 'connect').then(() => true, () => false);
    socket.destroy();
    if (there) return;
    if (Date.now() > until) throw new Error('the driver does not listen');
    await pause(100);
  }
}

// The WebDriver protocol (W3C), as much of it as a person's hands and eyes need.
class Driver {
  static async open(port, proxied) {
    const driver = new Driver(`http://127.0.0.1:${port}`);
    const { sessionId } = await driver.ask('POST', '/session', {
      capabilities: {
        alwaysMatch: {
          'webkitgtk:browserOptions': { binary: BROWSER, args: ['--automation'] },
          proxy: { proxyType: 'manual', httpProxy: `127.0.0.1:${proxied}` },
        },
      },
    });
    driver.base += `/session/${sessionId}`;
    await driver.ask('POST', '/timeouts', { script: PATIENCE, pageLoad: PATIENCE });
    return driver;
  }

  constructor(base) {
    this.base = base;
  }

  async ask(method, path, body) {
    const response = await fetch(this.base + path, { method, body: body ? JSON.stringify(body) : undefined, signal: AbortSignal.timeout(PATIENCE) });
    const { value } = await response.json();
    if (!response.ok) throw new Error(`${method} ${path}: ${value.error}: ${value.message}`);
    return value;
  }

  run(script, ...args) {
    return this.ask('POST', '/execute/sync', { script, args });
  }

  async until(script, ...args) {
    for (const until = Date.now() + PATIENCE; !await this.run(script, ...args);) {
      if (Date.now() > until) throw new Error(`waited in vain: ${script} ${args}`);
      await pause(100);
    }
  }

  find(selector) {
    return this.ask('POST', '/element', { using: 'css selector', value: selector }).then((found) => found[ELEMENT]);
  }

  async visible(selector) {
    await this.until('const [it] = document.querySelectorAll(arguments[0]); return Boolean(it) && it.getClientRects().length > 0 && !it.disabled', selector);
  }

  async press(selector) {
    await this.visible(selector);
    await this.run("document.querySelector(arguments[0]).scrollIntoView({ block: 'center', behavior: 'instant' })", selector);
    await this.ask('POST', `/element/${await this.find(selector)}/click`, {});
  }

  async type(selector, text) {
    await this.ask('POST', `/element/${await this.find(selector)}/value`, { text });
  }

  async screen(what) {
    writeFileSync(join(folder, `webkit-${what}.png`), Buffer.from(await this.ask('GET', '/screenshot'), 'base64'));
  }
}

async function journey(driver) {
  await driver.ask('POST', '/window/rect', { width: 390, height: 844 });
  await driver.ask('POST', '/url', { url: `http://${name}/` });
  await driver.visible('#tell');
  const secure = await driver.run('return isSecureContext');
  await driver.screen('1-first');
  await driver.press('#tell');
  await driver.press('input[name=incident][value=following]');
  await driver.press('input[name=when_precision][value=ongoing]');
  await driver.run(`const story = document.querySelector('#story');
    story.value = arguments[0];
    story.dispatchEvent(new Event('input', { bubbles: true }));`, story);
  await driver.type('#pick', photo);
  await driver.until("return document.querySelectorAll('#file-list fieldset').length === 1");
  await driver.screen('2-form');
  await driver.press('#send-button');
  await driver.press('#receipt-none');
  await driver.visible('#sent');
  // The driver waits for the end of its own click; here the page is gone before.
  await driver.run("setTimeout(() => document.querySelector('#leave').click())");
  await driver.until("return location.href.startsWith('about:blank') && document.body.childNodes.length === 0");
  return { secure, requests };
}

let driver = null;
try {
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const DISPLAY = await display();
  const port = await freePort();
  start('WebKitWebDriver', [`--port=${port}`, '--host=127.0.0.1'], { env: { ...process.env, DISPLAY, WEBKIT_DISABLE_COMPOSITING_MODE: '1' } });
  await listens(port);
  driver = await Driver.open(port, proxy.address().port);
  console.log(JSON.stringify(await journey(driver)));
} catch (error) {
  process.exitCode = 1;
  console.error(`stuck in WebKit: ${error.stack}`);
  console.error(requests);
  console.error(await driver?.run('return document.body.innerText.slice(0, 2000)').catch(() => ''));
} finally {
  await driver?.ask('DELETE', '').catch(() => {});
  end();
  process.stdin.destroy();
}
