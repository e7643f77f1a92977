// Starts the core: as WebAssembly, or, where the browser has none or refuses it, the same translated to JavaScript. It
// imports nothing: it can reach neither the network, nor the page, nor the clock.

// `stride`: after so many locked bytes the page answers before it goes on. Where nothing is compiled they take longer.
async function startEngine() {
  try {
    return { engine: await engineInWasm(), stride: 64 * 1024 };
  } catch {
    return { engine: engineInJavaScript(), stride: 16 * 1024 };
  }
}

async function engineInWasm() {
  if (typeof WebAssembly === 'undefined') throw new Error('none');
  const packed = Uint8Array.from(atob(CORE), (letter) => letter.charCodeAt(0));
  const unpacked = new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream('gzip')));
  const { instance } = await WebAssembly.instantiate(await unpacked.arrayBuffer(), {});
  return instance.exports;
}
