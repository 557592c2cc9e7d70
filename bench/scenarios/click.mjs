import { articleMs, firstByteMs } from '../floors.mjs';
import { releasedScenario, roundsOf } from '../released.mjs';

const volumes = 100;
const wireRatio = 1.03;

function shapes(profile, smoke) {
  const size = smoke ? 3 * volumes * profile.articleBytes : 8 * 2 ** 30;
  const film = { name: 'Film', files: [{ name: 'film.mkv', size }] };
  const volumeBytes = Math.ceil(size / (volumes - 0.5));
  // Where a cipher chain stands is found out by going there, so this one is smaller.
  const lockedSize = smoke ? size : 2 ** 30;
  const archive = { format: 'rar5', volumeBytes: Math.ceil(lockedSize / (volumes - 0.5)), password: 'secret' };
  const locked = { ...film, files: [{ name: 'film.mkv', size: lockedSize }], archive };
  return {
    'plain file': film,
    'RAR 5': { ...film, archive: { format: 'rar5', volumeBytes } },
    '7z': { ...film, archive: { format: '7z', volumeBytes } },
    'RAR 5, encrypted': { ...locked, nzb: { meta: { password: ['secret'] } }, host: { hasChain: true } },
  };
}

/** From the bytes of an NZB to the first byte of what is in it, connections open. */
export const click = releasedScenario({
  name: 'click',
  repeat: 7,
  shapes,
  async once({ profile, release, nzb, world, expect }) {
    const [member] = release.members;
    const opened = await world();
    const startedMs = performance.now();
    const added = await opened.engine.library.add(nzb);
    const addedMs = performance.now() - startedMs;
    const handle = await opened.engine.library.open(added.main);
    const stream = handle.stream()[Symbol.asyncIterator]();
    const { value: piece } = await stream.next();
    const clickMs = performance.now() - startedMs;
    const calls = opened.calls.filter(({ lane }) => lane === 'import');
    await stream.return?.();
    await handle.close();
    expect(handle.size === member.size, `${member.size} bytes`);
    expect(Buffer.compare(piece, member.read({ start: 0, end: piece.length })) === 0, 'the first bytes of the member');
    const most = 3 * profile.rttMs + (articleMs(profile, wireRatio) - profile.rttMs);
    const floor = firstByteMs(profile);
    return [
      { metric: 'first byte', value: clickMs, unit: 'ms', floor, bar: { most } },
      { metric: 'added', value: addedMs, unit: 'ms' },
      { metric: 'rounds of requests', value: roundsOf(calls), unit: '', floor: 1, bar: { most: 3 } },
    ];
  },
});
