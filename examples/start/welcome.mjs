// @ts-check

/**
 * What the terminal says once everything runs: where to click and what to paste.
 * @param {{ url: string, release: import('@newsreel/core').Release, embedded: boolean }} started
 */
export function welcome({ url, release, embedded }) {
  const base = url.endsWith('/') ? url : `${url}/`;
  const main = [...release.files].sort((a, b) => b.encodedBytes - a.encodedBytes)[0];
  const link = main ? base + main.path.split('/').filter(Boolean).map(encodeURIComponent).join('/') : base;
  const from = embedded ? 'the embedded news server (no account needed)' : 'your news server';
  return `
Newsreel streams "${release.name}" from ${from}.

  click   ${link}?play
  browse  ${base}
  mpv     mpv '${link}'
  curl    curl -r 1000000-1000999 '${link}' | xxd | head
  rclone  rclone ls ":webdav,url='${base}',vendor=other:"
  mount   rclone mount --read-only ":webdav,url='${base}',vendor=other:" /mnt/newsreel

Ctrl+C ends it.
`;
}
