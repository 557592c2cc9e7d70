/*
 * What a mount can do at best: one file of bytes in memory, served by libfuse's low-level interface with as many threads
 * as it likes. limit <mountpoint> <file bytes> <block bytes> <largest read> <requests ahead> <read-ahead bytes>; the
 * block comes on standard input and the file is that block again and again. It ends with SIGTERM.
 */
#define FUSE_USE_VERSION 34
#include <errno.h>
#include <fuse_lowlevel.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const double valid_seconds = 3600;
static char *block;
static size_t block_bytes, max_read_bytes;
static off_t file_bytes;
static unsigned max_background, read_ahead_bytes;

static void describe(fuse_ino_t node, struct stat *about) {
  memset(about, 0, sizeof *about);
  about->st_ino = node;
  about->st_mode = node == FUSE_ROOT_ID ? S_IFDIR | 0755 : S_IFREG | 0444;
  about->st_nlink = 1;
  about->st_size = node == FUSE_ROOT_ID ? 0 : file_bytes;
}

static void on_init(void *data, struct fuse_conn_info *connection) {
  (void)data;
  connection->max_read = max_read_bytes;
  connection->max_background = max_background;
  connection->congestion_threshold = max_background * 3 / 4;
  connection->max_readahead = read_ahead_bytes;
}

static void on_lookup(fuse_req_t request, fuse_ino_t parent, const char *name) {
  struct fuse_entry_param entry = {.ino = 2, .attr_timeout = valid_seconds, .entry_timeout = valid_seconds};
  (void)parent;
  describe(entry.ino, &entry.attr);
  if (strcmp(name, "film.bin") == 0) fuse_reply_entry(request, &entry);
  else fuse_reply_err(request, ENOENT);
}

static void on_getattr(fuse_req_t request, fuse_ino_t node, struct fuse_file_info *file) {
  struct stat about;
  (void)file;
  describe(node, &about);
  fuse_reply_attr(request, &about, valid_seconds);
}

static void on_open(fuse_req_t request, fuse_ino_t node, struct fuse_file_info *file) {
  (void)node;
  file->keep_cache = 1;
  file->noflush = 1;
  fuse_reply_open(request, file);
}

static void on_read(fuse_req_t request, fuse_ino_t node, size_t size, off_t from, struct fuse_file_info *file) {
  (void)node;
  (void)file;
  if (from >= file_bytes) size = 0;
  else if ((off_t)size > file_bytes - from) size = file_bytes - from;
  fuse_reply_buf(request, block + from % block_bytes, size);
}

static const struct fuse_lowlevel_ops operations = {
    .init = on_init, .lookup = on_lookup, .getattr = on_getattr, .open = on_open, .read = on_read};

int main(int count, char **values) {
  if (count != 7) return 2;
  file_bytes = atoll(values[2]);
  block_bytes = atoll(values[3]);
  max_read_bytes = atoll(values[4]);
  max_background = atoi(values[5]);
  read_ahead_bytes = atoi(values[6]);
  /* The beginning once more behind the end, so that no read has a seam in it. */
  block = malloc(block_bytes + max_read_bytes);
  if (block == NULL || fread(block, 1, block_bytes, stdin) != block_bytes) return 2;
  memcpy(block + block_bytes, block, max_read_bytes);

  char options[128];
  snprintf(options, sizeof options, "-oro,max_read=%zu,subtype=newsreel-limit", max_read_bytes);
  char *words[] = {"limit", options, NULL};
  struct fuse_args arguments = FUSE_ARGS_INIT(2, words);
  struct fuse_loop_config config = {.clone_fd = 0, .max_idle_threads = 10};
  struct fuse_session *session = fuse_session_new(&arguments, &operations, sizeof operations, NULL);
  if (session == NULL || fuse_set_signal_handlers(session) != 0) return 1;
  if (fuse_session_mount(session, values[1]) != 0) return 1;
  int outcome = fuse_session_loop_mt(session, &config);
  fuse_session_unmount(session);
  fuse_session_destroy(session);
  return outcome < 0 ? 1 : 0;
}
