// A program that reads files of a mount: obeys its parent over IPC and ends with it.
import { deterministicContent } from '@newsreel/nntp/testing';
import { answerCalls } from './link.mjs';
import { openOnMount } from './mount-reader.mjs';

const files = new Map();
let next = 0;

const calls = {
  ready() {},

  async open(path, size) {
    files.set(next, await openOnMount(path, size));
    return next++;
  },

  async read(id, made, start, end, options) {
    const before = process.cpuUsage();
    const read = await files.get(id).read(deterministicContent(made), start, end, options);
    const { user, system } = process.cpuUsage(before);
    return { ...read, cpuMs: (user + system) / 1000 };
  },

  async close(id) {
    await files.get(id)?.close();
    files.delete(id);
  },
};

answerCalls(calls, () => Promise.all([...files.keys()].map(calls.close)));
