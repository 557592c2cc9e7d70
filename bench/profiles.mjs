// The links that are simulated, as data. Rates count what goes over the wire: yEnc and its line ends make an article
// about 3 % larger than the bytes of the file in it, so the bytes of a file arrive that much slower (see floors.mjs).

const premium = {
  name: 'premium-750k',
  about: '750,000-byte articles, 40 ms, 8 MB/s per connection, 400 MB/s in all, 50 connections',
  articleBytes: 750_000,
  rttMs: 40,
  bytesPerSecondPerConnection: 8e6,
  bytesPerSecond: 400e6,
  connections: 50,
};

/**
 * AltMount publishes neither the rate nor the number of connections of this profile. Its B3 waits for a whole article:
 * p50 1646 ms = round trip + article, so one connection carries 4,194,304 bytes in 1546 ms = 2.713 MB/s of file bytes.
 * Its start to 16 MB (four articles at once, 1605 ms) says the same. Its best steady rate, 57.8 MB/s, is that of 21
 * connections; 50 of them carry 136 MB/s, so nothing it published was held back by a link of 50 connections, and none
 * narrower than that is known. The rate is taken as one of the wire, which makes it 3 % slower for us.
 */
const slow = {
  name: 'slow-4m',
  about:
    '4 MiB articles, 100 ms, 2.713 MB/s per connection (B3: 1646 ms = 100 ms + one article), 50 connections, 136 MB/s',
  articleBytes: 4_194_304,
  rttMs: 100,
  bytesPerSecondPerConnection: 4_194_304 / 1.546,
  bytesPerSecond: (50 * 4_194_304) / 1.546,
  connections: 50,
};

/** Profiles by name. */
export const profiles = new Map([premium, slow].map((profile) => [profile.name, profile]));
