// From the socket to the application and no further: bytes are dropped as soon as they are there.
import { readAndDrop } from '../read-and-drop.mjs';
import { streamFresh, wireBytesOf } from './ours.mjs';
import { inTurns, paired, rowsFor, speedRows, timed } from './stopwatch.mjs';

const row = rowsFor('raw');

/** What decoding, checking and handing on may cost on top of reading, in CPU seconds per 10^9 wire bytes. */
const mostExtraCpu = { plain: 0.29, TLS: 0.37 };

/** Rounds of 1 GB before counting: V8 goes on optimising for so long, and an application runs for days. */
const warmUpRounds = 4;

/** Our stream beside the same bodies read and thrown away, for each wire and number of connections. */
export async function networkRows(server, { smoke, rounds }) {
  const rows = [];
  for (const wire of ['plain', 'TLS']) {
    let warmUp = smoke ? 0 : warmUpRounds;
    for (const connections of smoke ? [8] : [1, 8, 20, 50]) {
      const client = { wire, connections, check: smoke };
      const results = await inTurns(
        {
          'read and drop': () => timed(() => drop(server, client)),
          stream: () => timed(() => streamFresh(server, client)),
        },
        { rounds, warmUp },
      );
      warmUp = Math.min(warmUp, 1);
      rows.push(...comparison(`${wire}, ${connections} connections`, results, mostExtraCpu[wire]));
    }
  }
  return rows;
}

function comparison(profile, results, most) {
  const more = paired(
    results,
    'stream',
    'read and drop',
    (ours, limit) => ours.cpuSecondsPerGigabyte - limit.cpuSecondsPerGigabyte,
  );
  const speed = paired(
    results,
    'stream',
    'read and drop',
    (ours, limit) => ours.megabytesPerSecond / limit.megabytesPerSecond,
  );
  return [
    ...speedRows(row, profile, results),
    row(profile, 'stream - read and drop, client CPU', more, 's/GB', { bar: { most } }),
    row(profile, 'stream / read and drop', speed, 'of speed'),
  ];
}

async function drop(server, { wire, connections }) {
  const [file] = server.files;
  const secure = wire === 'TLS';
  const bytes = await readAndDrop({
    host: server.host,
    port: secure ? server.tlsPort : server.port,
    ca: secure ? server.ca : undefined,
    connections,
    ids: file.segments.map((segment) => segment.id),
  });
  const wireBytes = wireBytesOf(file);
  if (bytes < wireBytes) throw new Error(`dropped ${bytes} of ${wireBytes} bytes`);
  return wireBytes;
}
