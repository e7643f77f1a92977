// Leaving: at once by the button or Esc twice, by itself when nobody is there. Never while something is being sent.

const IDLE_AFTER = 10 * 60 * 1000;
const COUNTDOWN = 60;
const TWICE_WITHIN = 1500;

// Clears the page and the core's memory. What the browser itself keeps goes when it is closed.
function leave(core) {
  try {
    for (const field of document.querySelectorAll('input[type=text], textarea')) field.value = '';
    files = [];
    visit = null;
    already = [];
    forgetSaved();
    forgetReceipt();
    document.body.replaceChildren();
    document.title = '';
    core?.wipe();
  } finally {
    location.replace('about:blank');
  }
}

function watchLeaving(gone) {
  let last = -Infinity;
  byId('leave').addEventListener('click', gone);
  document.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return;
    if (event.timeStamp - last < TWICE_WITHIN) gone();
    last = event.timeStamp;
  });
  // A page that comes back out of the browser's memory would show everything again.
  window.addEventListener('pageshow', (event) => { if (event.persisted) gone(); });
}

// Ten minutes without a touch, then a minute's warning.
function watchIdle(busy, gone) {
  const dialog = byId('idle');
  let touched = Date.now();
  const here = () => {
    touched = Date.now();
    if (dialog.open) dialog.close();
  };
  for (const event of ['pointerdown', 'keydown', 'input', 'scroll']) {
    document.addEventListener(event, () => { if (!dialog.open) touched = Date.now(); }, { passive: true });
  }
  byId('idle-here').addEventListener('click', here);
  dialog.addEventListener('cancel', (event) => { event.preventDefault(); here(); });
  setInterval(() => {
    if (busy()) touched = Date.now();
    const left = Math.ceil((touched + IDLE_AFTER - Date.now()) / 1000) + COUNTDOWN;
    if (left > COUNTDOWN) return;
    if (left <= 0) return gone();
    if (!dialog.open) dialog.showModal();
    // Said aloud every fifteen seconds, not every second.
    if (left % 15 === 0 || byId('idle-text').textContent === '') tell(byId('idle-text'), () => say('idle-text', { seconds: left }));
  }, 1000);
}
