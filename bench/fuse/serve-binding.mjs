import { constants } from 'node:fs';
import { createRequire } from 'node:module';
import { connection, fileName, pieceAt } from './file.mjs';

/** Mounts the file with a native binding for Node, found in the folder it was installed into. */
export async function mountBinding({ mountpoint, fileBytes, binding, installed }) {
  const Fuse = createRequire(`${installed}/`)(binding);
  let bytesRead = 0;
  const operations = {
    getattr: (path, done) => answer(attributes(path, fileBytes), done, Fuse.ENOENT),
    open: (_path, _flags, done) => done(0, 1),
    release: (_path, _handle, done) => done(0),
    read(_path, _handle, target, wanted, position, done) {
      const length = Math.max(0, Math.min(wanted, fileBytes - position));
      target.set(pieceAt(position, length));
      bytesRead += length;
      done(length);
    },
  };
  const mounted = new Fuse(mountpoint, { ...operations, ...extra[binding].operations }, extra[binding].options);
  await new Promise((resolve, reject) => mounted.mount((error) => (error ? reject(error) : resolve())));
  return { bytesRead: () => bytesRead, close: () => new Promise((resolve) => mounted.unmount(resolve)) };
}

const { maxReadBytes, maxBackground, readAheadBytes } = connection;
const common = { kernelCache: true, entryTimeout: 3600, attrTimeout: 3600, timeout: false };

/** Each has its own way of being told what the others are told. */
const extra = {
  'fuse-native': {
    // It hands its options on as one line, and has no name for these two.
    options: {
      ...common,
      maxRead: maxReadBytes,
      fsname: `bench,ro,max_background=${maxBackground},max_readahead=${readAheadBytes}`,
    },
    operations: {},
  },
  // It cannot be told how many requests may run ahead; the kernel is told from outside (`servers.mjs`).
  'fuse-napi': { options: { ...common, maxRead: maxReadBytes }, operations: {} },
};

function attributes(path, fileBytes) {
  const date = new Date(0);
  const common = { mtime: date, atime: date, ctime: date, nlink: 1, uid: 0, gid: 0 };
  if (path === '/') return { ...common, mode: constants.S_IFDIR | 0o755, size: 0 };
  return path === `/${fileName}` ? { ...common, mode: constants.S_IFREG | 0o444, size: fileBytes } : undefined;
}

function answer(value, done, missing) {
  if (value === undefined) done(missing);
  else done(0, value);
}
