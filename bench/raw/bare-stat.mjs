import net from 'node:net';

/**
 * What the server can do: STATs over bare sockets, a fixed number always under way on each, answers not looked at but
 * for their line ends. Resolves to the number of answers.
 */
export async function bareStat({ host, port, connections, depth, ids }) {
  const share = (index) => ids.filter((_id, at) => at % connections === index);
  const counts = await Promise.all(
    Array.from({ length: connections }, (_, index) => sweep({ host, port, depth, ids: share(index) })),
  );
  return counts.reduce((sum, count) => sum + count, 0);
}

function sweep({ host, port, depth, ids }) {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ host, port, noDelay: true });
    let answered = -1; // The greeting comes first.
    let asked = 0;
    const ask = () => {
      const from = asked;
      asked = Math.min(ids.length, answered + depth);
      if (asked > from)
        socket.write(
          ids
            .slice(from, asked)
            .map((id) => `STAT <${id}>\r\n`)
            .join(''),
        );
    };
    socket.on('data', (piece) => {
      for (let at = piece.indexOf(10); at >= 0; at = piece.indexOf(10, at + 1)) answered++;
      ask();
      if (answered >= ids.length && !socket.writableEnded) socket.end('QUIT\r\n');
    });
    socket.on('error', reject);
    socket.on('close', () => (answered >= ids.length ? resolve(ids.length) : reject(new Error(`${answered} answers`))));
  });
}
