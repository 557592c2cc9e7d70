import { volumeName } from '../archive/volume-names.js';
import type { ReleaseFileKind } from '../model/catalog.js';

const extensions: Readonly<Partial<Record<ReleaseFileKind, string>>> = {
  video:
    '3g2 3gp asf avi divx dv evo f4v flv m1v m2t m2ts m2v m4v mk3d mkv mov mp4 mpe mpeg mpg mpv mts mxf ogm ogv rm rmvb ' +
    'tp trp ts vob webm wmv wtv xvid y4m',
  audio:
    'aac ac3 aif aiff alac amr ape au dff dsf dts dtshd eac3 flac m4a m4b mid mka mp2 mp3 mpa mpc oga ogg opus ra shn spx ' +
    'tak thd truehd tta wav wma wv',
  subtitle: 'ass dfxp idx mks mpl2 smi srt ssa sub sup ttml usf vtt',
  image: 'avif bmp gif heic ico jpe jpeg jpg jxl png svg tga tif tiff webp',
  text: 'asc cue diz htm html ini json log lrc m3u m3u8 md md5 nfo nzb pls rtf sfv sha1 sha256 sha512 srr srs txt url xml',
  'archive-volume': 'img iso tar udf',
  par2: 'par2',
};

const kinds = new Map(
  Object.entries(extensions).flatMap(([kind, list]) =>
    list.split(' ').map((extension) => [extension, kind as ReleaseFileKind] as const),
  ),
);

/** `sample.mkv`, `sample-name.mkv`, `name.sample.mkv`, `name-sample2.mkv`; not `Free.Sample.2012.mkv`. */
const sampleName = /^sample(?:$|-)|(?:^|[-._ ([])sample[-._ ]?\d{0,2}[)\]]?$/i;
const sampleFolder = /(?:^|[/\\])samples?[/\\]/i;

/** What a file is by its name, or by its path inside the release. */
export function classify(path: string): ReleaseFileKind {
  const name = path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
  const extension = extensionIn(name);
  const kind = extension === undefined ? undefined : kinds.get(extension.toLowerCase());
  if (kind === 'video' || kind === 'audio') {
    const stem = name.slice(0, name.length - (extension as string).length - 1);
    return sampleName.test(stem) || sampleFolder.test(path) ? 'sample' : kind;
  }
  return kind ?? (isVolume(name) ? 'archive-volume' : 'other');
}

/** Whether an extension is one that is known. @param extension without the dot */
export function isKnownExtension(extension: string): boolean {
  return kinds.has(extension.toLowerCase());
}

/** What follows the last dot, when that looks like an extension. */
export function extensionIn(name: string): string | undefined {
  const dot = name.lastIndexOf('.');
  const extension = name.slice(dot + 1);
  return dot > 0 && /^[a-z0-9]{1,8}$/i.test(extension) ? extension : undefined;
}

/** One or two digits alone say little: `Chapter.2` is no volume, `<32 hexadecimal digits>.2` is. */
function isVolume(name: string): boolean {
  const volume = volumeName(name);
  return volume !== undefined && (volume.kind !== 'split' || /\.\d{3,}$|^[0-9a-f]{16,}\.\d+$/i.test(name));
}
