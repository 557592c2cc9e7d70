// @ts-check
const everyMs = 1000;
const mebibyte = 1024 * 1024;

/**
 * Shows once a second what the engine is doing: on a terminal in one line that is rewritten, elsewhere a line whenever
 * something happened. Returns the function that stops it.
 * @param {import('@newsreel/core').Engine} engine
 */
export function liveLine(engine) {
  const terminal = process.stdout.isTTY;
  let arrived = 0;
  let lastArrived = 0;
  const off = engine.events.on('article:fetched', ({ bytes }) => {
    arrived += bytes;
  });
  const timer = setInterval(() => {
    const perSecond = ((arrived - lastArrived) * 1000) / everyMs;
    const { pool, readers, memory } = engine.snapshot();
    const connections = pool.providers.reduce((sum, provider) => sum + provider.connectionsOpen, 0);
    const line =
      `${(perSecond / mebibyte).toFixed(1)} MiB/s in, ${(arrived / mebibyte).toFixed(1)} MiB so far | ` +
      `${readers.streams} streams | ${connections} connections | ${(memory.cachedBytes / mebibyte).toFixed(1)} MiB cached`;
    if (terminal) process.stdout.write(`\r\x1b[2K${line}`);
    else if (arrived !== lastArrived) console.log(line);
    lastArrived = arrived;
  }, everyMs);
  timer.unref();
  return () => {
    clearInterval(timer);
    off();
  };
}
