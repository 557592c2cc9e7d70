/**
 * The kernel's side of the protocol: requests become bytes, replies and notices become values. As strict as
 * `fs/fuse/dev.c` is, so that what is accepted here is accepted there.
 */
export * from './kernel-replies.js';
export * from './kernel-requests.js';
