// What a profile itself allows: no reader can be faster, whoever it is. `wireRatio` is how many bytes go over the wire
// for one byte of the file (yEnc's escapes, line ends and control lines).

/** Milliseconds until the first byte of something asked for now. */
export const firstByteMs = (profile) => profile.rttMs;

/** Milliseconds until the byte before `end` of an article is there, asked for now on a free connection. */
export function articleMs(profile, wireRatio, end = profile.articleBytes) {
  return profile.rttMs + (end * wireRatio * 1000) / profile.bytesPerSecondPerConnection;
}

/** Bytes of a file per second that the link carries, over all connections. */
export function fileBytesPerSecond(profile, wireRatio) {
  const { connections, bytesPerSecond, bytesPerSecondPerConnection } = profile;
  return Math.min(bytesPerSecond, connections * bytesPerSecondPerConnection) / wireRatio;
}

/**
 * Milliseconds until all of `[start, end)` is there, when all articles that hold it are asked for at once, one per
 * connection and further ones as connections come free. (The round trip of those is hidden by asking ahead.)
 */
export function rangeMs(profile, wireRatio, start, end) {
  const { articleBytes, connections } = profile;
  const first = Math.floor(start / articleBytes);
  const last = Math.floor((end - 1) / articleBytes);
  const wholeMs = articleMs(profile, wireRatio) - profile.rttMs;
  let latest = 0;
  for (let article = first; article <= last; article++) {
    const before = Math.floor((article - first) / connections) * wholeMs;
    const wanted = Math.min(end, (article + 1) * articleBytes) - article * articleBytes;
    latest = Math.max(latest, before + articleMs(profile, wireRatio, wanted));
  }
  const linkMs = profile.rttMs + ((end - start) * 1000) / fileBytesPerSecond(profile, wireRatio);
  return Math.max(latest, linkMs);
}
