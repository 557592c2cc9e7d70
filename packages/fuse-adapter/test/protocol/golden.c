/*
 * Prints the messages of golden.ts as a compiler lays them out, by the header of Linux:
 *   cc -o /tmp/golden golden.c && /tmp/golden
 * Little-endian hosts only.
 */
#include <linux/fuse.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

static unsigned char out[4096];
static size_t length;

static void add(const void *bytes, size_t count) {
  memcpy(out + length, bytes, count);
  length += count;
}

static void show(const char *name) {
  printf("%s %zu ", name, length);
  for (size_t at = 0; at < length; at++) printf("%02x", out[at]);
  printf("\n");
  length = 0;
}

static void request(const char *name, uint32_t opcode, const void *body, size_t count, const char *names, size_t more) {
  struct fuse_in_header head = { .len = sizeof head + count + more, .opcode = opcode, .unique = 0x1122334455668,
    .nodeid = 0x1020304050607, .uid = 1000, .gid = 1001, .pid = 4242 };
  add(&head, sizeof head);
  add(body, count);
  add(names, more);
  show(name);
}
#define REQUEST(name, opcode, type, ...) \
  do { struct type body = __VA_ARGS__; request(name, opcode, &body, sizeof body, "", 0); } while (0)
#define NAMED(name, opcode, names, type, ...) \
  do { struct type body = __VA_ARGS__; request(name, opcode, &body, sizeof body, names, sizeof names); } while (0)

static void header(int32_t error, uint64_t unique, size_t payload) {
  struct fuse_out_header head = { .len = sizeof head + payload, .error = error, .unique = unique };
  add(&head, sizeof head);
}
static void message(const char *name, int32_t error, uint64_t unique, const void *body, size_t count,
                    const char *names, size_t more) {
  header(error, unique, count + more);
  add(body, count);
  add(names, more);
  show(name);
}
#define REPLY(type, ...) \
  do { struct type body = __VA_ARGS__; message(#type, 0, 0x1122334455668, &body, sizeof body, "", 0); } while (0)
#define NOTICE(type, code, names, more, ...) \
  do { struct type body = __VA_ARGS__; message(#type, code, 0, &body, sizeof body, names, more); } while (0)

static const struct fuse_attr attr = { .ino = 0x1020304050607, .size = 0x4000000003, .blocks = 0x20000001,
  .atime = 1700000000, .mtime = 1700000000, .ctime = 1700000000, .atimensec = 250000000, .mtimensec = 250000000,
  .ctimensec = 250000000, .mode = 0100444, .nlink = 3, .uid = 1000, .gid = 1001 };
static const struct fuse_entry_out entry = { .nodeid = 77, .generation = 0x100000002, .entry_valid = 60,
  .attr_valid = 1, .entry_valid_nsec = 0, .attr_valid_nsec = 500000000, .attr = attr };

static void item(const struct fuse_entry_out *plus, const char *name, uint64_t ino, uint64_t off, uint32_t type) {
  struct fuse_dirent head = { .ino = ino, .off = off, .namelen = strlen(name), .type = type };
  static const char zeros[8];
  if (plus) add(plus, sizeof *plus);
  add(&head, sizeof head);
  add(name, strlen(name));
  add(zeros, FUSE_DIRENT_SIZE(&head) - sizeof head - strlen(name));
}

static void requests(void) {
  request("LOOKUP", FUSE_LOOKUP, "", 0, "gr\xc3\xbc\xc3\x9f.mkv", sizeof "gr\xc3\xbc\xc3\x9f.mkv");
  REQUEST("FORGET", FUSE_FORGET, fuse_forget_in, { .nlookup = 0x300000002 });
  REQUEST("GETATTR", FUSE_GETATTR, fuse_getattr_in, { .fh = 9 });
  REQUEST("GETATTR fh", FUSE_GETATTR, fuse_getattr_in, { .getattr_flags = FUSE_GETATTR_FH, .fh = 0x800000009 });
  NAMED("MKDIR", FUSE_MKDIR, "new", fuse_mkdir_in, { .mode = 0755, .umask = 022 });
  NAMED("RENAME", FUSE_RENAME, "old\0new", fuse_rename_in, { .newdir = 0x500000004 });
  NAMED("RENAME2", FUSE_RENAME2, "old\0new", fuse_rename2_in, { .newdir = 0x500000004, .flags = 1 });
  REQUEST("OPEN", FUSE_OPEN, fuse_open_in, { .flags = 0100000, .open_flags = FUSE_OPEN_KILL_SUIDGID });
  REQUEST("READ", FUSE_READ, fuse_read_in, { .fh = 0x800000009, .offset = 0x123456789a000, .size = 1048576,
    .read_flags = FUSE_READ_LOCKOWNER, .lock_owner = UINT64_MAX, .flags = 0100000 });
  REQUEST("RELEASE", FUSE_RELEASE, fuse_release_in, { .fh = 0x800000009, .flags = 1, .lock_owner = UINT64_MAX });
  REQUEST("FSYNC", FUSE_FSYNC, fuse_fsync_in, { .fh = 0x800000009, .fsync_flags = FUSE_FSYNC_FDATASYNC });
  NAMED("GETXATTR", FUSE_GETXATTR, "user.a/b", fuse_getxattr_in, { .size = 4096 });
  REQUEST("LISTXATTR", FUSE_LISTXATTR, fuse_getxattr_in, { .size = 4096 });
  REQUEST("FLUSH", FUSE_FLUSH, fuse_flush_in, { .fh = 0x800000009, .lock_owner = UINT64_MAX });
  REQUEST("INIT", FUSE_INIT, fuse_init_in, { .major = 7, .minor = 38, .max_readahead = 131072,
    .flags = FUSE_INIT_EXT | FUSE_ASYNC_READ | FUSE_MAX_PAGES, .flags2 = FUSE_HAS_EXPIRE_ONLY >> 32 });
  REQUEST("READDIRPLUS", FUSE_READDIRPLUS, fuse_read_in, { .fh = 9, .offset = 0x700000006, .size = 4096 });
  REQUEST("ACCESS", FUSE_ACCESS, fuse_access_in, { .mask = 5 });
  REQUEST("INTERRUPT", FUSE_INTERRUPT, fuse_interrupt_in, { .unique = 0x1122334455666 });
  REQUEST("LSEEK", FUSE_LSEEK, fuse_lseek_in, { .fh = 9, .offset = 0x123456789abcd, .whence = 3 });
  struct { struct fuse_batch_forget_in head; struct fuse_forget_one ones[2]; } batch =
    { { .count = 2 }, { { 0x500000004, 1 }, { 6, 0x300000002 } } };
  request("BATCH_FORGET", FUSE_BATCH_FORGET, &batch, sizeof batch, "", 0);
}

static void answers(void) {
  header(0, 0x1122334455668, 1048576), show("fuse_out_header");
  header(-5, 0x1122334455668, 0), show("fuse_out_header error");
  REPLY(fuse_init_out, { .major = 7, .minor = 41, .max_readahead = 4194304, .flags = FUSE_INIT_EXT | FUSE_MAX_PAGES,
    .max_background = 64, .congestion_threshold = 48, .max_write = 65536, .time_gran = 1, .max_pages = 256,
    .flags2 = FUSE_HAS_EXPIRE_ONLY >> 32 });
  message("fuse_entry_out", 0, 0x1122334455668, &entry, sizeof entry, "", 0);
  REPLY(fuse_attr_out, { .attr_valid = 1, .attr_valid_nsec = 500000000, .attr = attr });
  REPLY(fuse_open_out, { .fh = 0x800000009, .open_flags = FOPEN_KEEP_CACHE | FOPEN_NOFLUSH });
  REPLY(fuse_statfs_out, { { .blocks = 0x200000001, .bfree = 5, .bavail = 5, .files = 0x300000001, .ffree = 7,
    .bsize = 4096, .namelen = 255, .frsize = 4096 } });
  REPLY(fuse_getxattr_out, { .size = 300 });
  REPLY(fuse_lseek_out, { .offset = 0x123456789abcd });
  NOTICE(fuse_notify_inval_inode_out, FUSE_NOTIFY_INVAL_INODE, "", 0, { .ino = 0x500000004, .off = -1, .len = 4096 });
  NOTICE(fuse_notify_inval_entry_out, FUSE_NOTIFY_INVAL_ENTRY, "b\xc3\xa4h", 5, { .parent = 0x500000004, .namelen = 4 });
  NOTICE(fuse_notify_delete_out, FUSE_NOTIFY_DELETE, "b\xc3\xa4h", 5, { .parent = 4, .child = 0x500000006, .namelen = 4 });
  for (int plus = 0; plus < 2; plus++) {
    static const struct fuse_entry_out none;
    item(plus ? &none : NULL, ".", 1, 1, 4);
    item(plus ? &entry : NULL, "a.mkv", 0x1020304050607, 2, 8);
    item(plus ? &none : NULL, "l\xc3\xa4nger.n", 12, 0x700000003, 10);
    show(plus ? "fuse_direntplus" : "fuse_dirent");
  }
}

int main(void) {
  requests();
  answers();
  return 0;
}
