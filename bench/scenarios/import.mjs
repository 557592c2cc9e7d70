import { articleMs, rangeMs } from '../floors.mjs';
import { compareRanges, releasedScenario, roundsOf } from '../released.mjs';

const volumes = 100;
/** Bytes on the wire for one of a file. */
const wireRatio = 1.03;
/** Articles that may be fetched before a set is open whose names say what belongs where. */
const mostArticles = 5;

/** One of each volume; where volumes of RAR 4 are not in order by their names, only their ends count them. */
const mostWithoutNames = (format, count) => (format === 'rar4' ? 2 * count : count + 2);

/** Members of 50 GiB in a hundred volumes of each kind. */
function shapes(profile, smoke) {
  const size = smoke ? 3 * volumes * profile.articleBytes : 50 * 2 ** 30;
  const film = { name: 'Film', files: [{ name: 'film.mkv', size }] };
  const set = (format, more = {}, { naming } = {}) => ({
    ...{ ...film, archive: { format, naming, volumeBytes: Math.ceil(size / (volumes - 0.5)) }, ...more },
  });
  const hidden = { obfuscate: 'all', order: 'shuffled' };
  return {
    'RAR 5': set('rar5'),
    'RAR 4, .rNN': set('rar4', {}, { naming: 'r00' }),
    '7z': set('7z'),
    'RAR 5, hidden and shuffled': set('rar5', hidden),
    'RAR 4, hidden and shuffled': set('rar4', hidden),
  };
}

/** Adding an NZB until its member is listed with its size: what is fetched for it, and in how many rounds. */
export const importing = releasedScenario({
  name: 'import',
  shapes,
  async once({ shape, profile, release, nzb, world, expect }) {
    const { files, members } = release;
    const isNamed = shape.obfuscate === undefined;
    const opened = await world();
    const cpu = process.cpuUsage();
    const startedMs = performance.now();
    const added = await opened.engine.library.add(nzb);
    // What was only concluded is looked at from now on, with nobody waiting.
    const calls = opened.calls.filter(({ lane }) => lane === 'import');
    const importMs = performance.now() - startedMs;
    const { user, system } = process.cpuUsage(cpu);
    const rounds = roundsOf(calls);
    const most = isNamed ? mostArticles : mostWithoutNames(shape.archive.format, files.length);
    expect(calls.length <= most, `${most} articles or fewer before it is playable, not ${calls.length}`);
    expect(added.members.length === 1 && added.warnings.length === 0, 'one member and nothing odd');
    const handle = await opened.engine.library.open(added.main);
    const { volumeBytes } = shape.archive;
    await compareRanges(handle, members[0], [volumeBytes, members[0].size / 2, (volumes - 2) * volumeBytes]);
    await handle.close();
    expect(new Set(opened.calls.map(({ id }) => id)).size === opened.calls.length, 'no article fetched twice');
    const floor = isNamed
      ? articleMs(profile, wireRatio)
      : rangeMs(profile, wireRatio, 0, files.length * profile.articleBytes);
    return [
      { metric: 'time to import', value: importMs, unit: 'ms', floor },
      { metric: 'articles fetched', value: calls.length, unit: '', bar: { most } },
      { metric: 'rounds of requests', value: rounds, unit: '', floor: isNamed ? 1 : undefined },
      { metric: 'client CPU', value: (user + system) / 1000, unit: 'ms' },
    ];
  },
});
