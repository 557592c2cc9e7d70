import { run } from './run.js';

/** Makes a short film; MP4 keeps its index at the end, where a player has to look first. */
export async function makeFilm(path: string, seconds: number): Promise<void> {
  const video = ['-f', 'lavfi', '-i', `testsrc2=size=1280x720:rate=24:duration=${seconds}`];
  const audio = ['-f', 'lavfi', '-i', `sine=frequency=330:duration=${seconds}`];
  // No encoder is that poor: the noise makes the file big enough to have many articles.
  const codec = [
    '-vf',
    'noise=alls=18:allf=t',
    '-c:v',
    'libx264',
    '-preset',
    'ultrafast',
    '-crf',
    '30',
    '-g',
    '48',
    '-c:a',
    'aac',
  ];
  await run('ffmpeg', ['-loglevel', 'error', '-y', ...video, ...audio, ...codec, '-pix_fmt', 'yuv420p', path]);
}
