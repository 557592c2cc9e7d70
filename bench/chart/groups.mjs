// What the chart shows: of all rows only those a reader asks about first, each beside what it is to be compared with.

/** Headlines of the simulated scenarios: row, words for people, and whether more is better. */
const simulated = [
  ['B1', 'first byte, mean', 'B1  Cold open, first byte'],
  ['B2', '200 MB, in all', 'B2  200 MB in a row', 'more'],
  ['B3', 'stream of a range, p50', 'B3  64 KiB anywhere, p50'],
  ['B4', 'one file, slowest', 'B4  Four readers, the slowest', 'more'],
  ['B4', 'one file, wait for the next piece, p99', 'B4  Four readers, stall p99'],
  ['B6', 'stream, wait for the next piece, p99', 'B6  Stall p99 beside an import'],
  ['B7', 'first byte after a 430, mean', 'B7  First byte after a 430'],
  ['B9', '8 MB after the skip', 'B9  8 MB after a skip ahead'],
  ['B10', '32 MB again', 'B10  32 MB a second time'],
  ['B11', 'open range, ms per jump', 'B11  8 MB after a jump of 500 MB'],
  ['B11', 'open range, fetched in all', 'B11  Fetched for 48 MB wanted'],
];

/** The sections of the chart, each with two columns of groups; groups without rows are left out. */
export function sectionsOf(rows) {
  const find = (scenario, profile, metric) =>
    rows.find((row) => row.scenario === scenario && row.profile === profile && row.metric === metric);
  const sections = [
    {
      title: 'Simulated links',
      columns: [
        { title: '750 KB articles, 40 ms, 400 MB/s', groups: linkGroups(find, 'premium-750k') },
        { title: '4 MiB articles, 100 ms, 2.7 MB/s per connection', groups: linkGroups(find, 'slow-4m') },
      ],
    },
    {
      title: 'Nothing simulated: loopback, 20 connections',
      columns: ['plain', 'TLS'].map((wire) => ({ title: wire, groups: rawGroups(find, wire) })),
    },
    { title: 'At a distance, and side effects', columns: sideGroups(find).map((groups) => ({ groups })) },
  ];
  return sections.filter(({ columns }) => columns.some(({ groups }) => groups.length > 0));
}

function linkGroups(find, profile) {
  return simulated.flatMap(([scenario, metric, title, better = 'less']) => {
    const row = find(scenario, profile, metric);
    // A bar alone compares nothing.
    if (row === undefined || (row.altmount === undefined && row.floor === undefined)) return [];
    return group(title, row.unit, better, [
      ['ours', 'Newsreel', row.value],
      ['peer', 'AltMount', row.altmount],
      ['limit', better === 'less' ? 'least possible' : 'most possible', row.floor],
    ]);
  });
}

function rawGroups(find, wire) {
  const profile = `${wire}, 20 connections`;
  const value = (metric) => find('raw', profile, metric)?.value;
  const three = (suffix) => [
    ['ours', 'Newsreel', value(`without file${suffix}`) ?? value(`stream${suffix}`)],
    ['peer', 'nzbget', value(`nzbget without file${suffix}`)],
    ['limit', 'read and drop', value(`read and drop${suffix}`)],
  ];
  const two = (suffix) => [
    ['ours', 'Newsreel', value(`to file${suffix}`)],
    ['peer', 'nzbget', value(`nzbget to file${suffix}`)],
  ];
  return [
    ...group('CPU of the client, nothing written', 's/GB', 'less', three(', client CPU')),
    ...group('CPU of the client, written to a file', 's/GB', 'less', two(', client CPU')),
    ...group('Speed, nothing written', 'MB/s', 'more', three('')),
    ...group('Speed, written to a file', 'MB/s', 'more', two('')),
    ...group('Event-loop delay p99 at full speed', 'ms', 'less', [
      ['ours', 'Newsreel', value('event-loop delay p99, streaming')],
      ['limit', 'read and drop', value('event-loop delay p99, read and drop')],
      ['limit', 'idle', find('raw', profile, 'event-loop delay p99, streaming')?.floor],
    ]),
  ];
}

function sideGroups(find) {
  const far = (metric) => find('nzbget', '50 ms, 8 connections, plain', metric)?.value;
  const sweep = find('stat', '100 connections, 40 ms, plain', 'sweep');
  const peak = (profile) => find('memory', profile, 'resident at its peak');
  const memory = (streams) =>
    group(`Resident memory, ${streams} streams over TLS`, 'MiB', 'less', [
      ['ours', 'full speed', peak(`${streams} streams, full speed`)?.value],
      ['ours', '2 MB/s each', peak(`${streams} streams, 2 MB/s each`)?.value],
      ['limit', 'before they start', peak(`${streams} streams, full speed`)?.floor],
    ]);
  return [
    [
      ...group('50 ms away, 8 connections, to a file', 'MB/s', 'more', [
        ['ours', 'Newsreel', far('to file')],
        ['ours', 'depth: 10', far('to file, depth 10')],
        ['peer', 'nzbget', far('nzbget to file')],
      ]),
      ...memory(20),
    ],
    [
      ...group('STAT, 100 connections, 40 ms', '/s', 'more', [
        ['ours', 'Newsreel', sweep?.value],
        ['peer', 'AltMount', sweep?.altmount],
        ['limit', 'the simulator', sweep?.floor],
      ]),
      ...memory(100),
    ],
  ];
}

/** A list with one group, or none when our own number is missing. */
function group(title, unit, better, bars) {
  const known = bars.flatMap(([kind, label, value]) => (value === undefined ? [] : [{ kind, label, value }]));
  return known.some(({ kind }) => kind === 'ours') ? [{ title, unit, better, bars: known }] : [];
}

/** When and on what the rows were measured, from the row that says so. */
export function machineOf(rows) {
  const row = rows.find(({ scenario, metric }) => scenario === 'idle' && metric === 'measured at');
  return row && { machine: row.profile, date: new Date(row.value).toISOString().slice(0, 10) };
}
