/*
 * Reads packet headers from a ring that the kernel fills (AF_PACKET, TPACKET_V3): no copy for each packet, no call for
 * each packet, nothing of them kept. What is made of them is decided in TypeScript.
 *
 *   open(interfaceName, headerBytes, blocks) -> ring; ENODEV when there is no such interface, EPERM without CAP_NET_RAW
 *   read(ring, Uint8Array) -> bytes written: for each packet a record of
 *     u32 captured bytes, u32 bytes on the wire, u32 seconds, u32 nanoseconds, u32 kind (as sll_pkttype), then the bytes,
 *     padded to a multiple of four; all in the machine's byte order
 *   stats(ring) -> [packets, drops] since the last call
 *   close(ring)
 *
 * Every length is checked against its block: a ring shared with the kernel is still memory that others write.
 */
#define NAPI_VERSION 8
#include <node_api.h>

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define BLOCK_BYTES (1u << 18)
#define FRAME_BYTES 2048u
#define RETIRE_MS 60u
#define MAX_BLOCKS 256u
#define MAX_HEADER_BYTES 1024u
#define RECORD_BYTES 20u

typedef struct {
  int fd;
  uint8_t *map;
  uint32_t blocks;
  uint32_t header_bytes;
  uint32_t block;   /* the one to be read next */
  uint32_t left;    /* packets of it that were not read yet */
  uint32_t offset;  /* of the next packet in it */
} ring_t;

static napi_value fail(napi_env env, const char *what, int error) {
  char text[160];
  char code[16];
  snprintf(text, sizeof text, "%s: %s", what, strerror(error));
  snprintf(code, sizeof code, "%s", error == EPERM || error == EACCES ? "EPERM" : error == ENODEV ? "ENODEV" : "ECAPTURE");
  napi_throw_error(env, code, text);
  return NULL;
}

static void release(ring_t *ring) {
  if (ring->map != NULL) munmap(ring->map, (size_t)BLOCK_BYTES * ring->blocks);
  if (ring->fd >= 0) close(ring->fd);
  ring->map = NULL;
  ring->fd = -1;
}

static void finalize(napi_env env, void *data, void *hint) {
  (void)env;
  (void)hint;
  release(data);
  free(data);
}

static bool arguments(napi_env env, napi_callback_info info, napi_value *values, size_t wanted) {
  size_t count = wanted;
  if (napi_get_cb_info(env, info, &count, values, NULL, NULL) == napi_ok && count == wanted) return true;
  napi_throw_type_error(env, "EARGUMENT", "wrong number of arguments");
  return false;
}

static ring_t *ring_of(napi_env env, napi_value value) {
  void *data = NULL;
  if (napi_get_value_external(env, value, &data) != napi_ok || data == NULL) {
    napi_throw_type_error(env, "EARGUMENT", "not a ring");
    return NULL;
  }
  return data;
}

static const char *set_up(ring_t *ring, unsigned interface_index) {
  /* Cut in the kernel: the ring holds headers only. */
  struct sock_filter cut[] = {{BPF_RET | BPF_K, 0, 0, ring->header_bytes}};
  struct sock_fprog program = {1, cut};
  int version = TPACKET_V3;
  struct tpacket_req3 request = {
      .tp_block_size = BLOCK_BYTES,
      .tp_block_nr = ring->blocks,
      .tp_frame_size = FRAME_BYTES,
      .tp_frame_nr = BLOCK_BYTES / FRAME_BYTES * ring->blocks,
      .tp_retire_blk_tov = RETIRE_MS,
  };
  struct sockaddr_ll place = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = (int)interface_index};
  /* Protocol 0: nothing comes before the filter and the interface are set. */
  ring->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (ring->fd < 0) return "socket";
  if (setsockopt(ring->fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) != 0) return "filter";
  if (setsockopt(ring->fd, SOL_PACKET, PACKET_VERSION, &version, sizeof version) != 0) return "version";
  if (setsockopt(ring->fd, SOL_PACKET, PACKET_RX_RING, &request, sizeof request) != 0) return "ring";
  void *map = mmap(NULL, (size_t)BLOCK_BYTES * ring->blocks, PROT_READ | PROT_WRITE, MAP_SHARED, ring->fd, 0);
  if (map == MAP_FAILED) return "mmap";
  ring->map = map;
  if (bind(ring->fd, (struct sockaddr *)&place, sizeof place) != 0) return "bind";
  return NULL;
}

static napi_value open_ring(napi_env env, napi_callback_info info) {
  napi_value values[3];
  char name[IF_NAMESIZE] = {0};
  size_t length;
  uint32_t header_bytes, blocks;
  if (!arguments(env, info, values, 3)) return NULL;
  if (napi_get_value_string_utf8(env, values[0], name, sizeof name, &length) != napi_ok || length == 0 ||
      napi_get_value_uint32(env, values[1], &header_bytes) != napi_ok || header_bytes < 16 || header_bytes > MAX_HEADER_BYTES ||
      napi_get_value_uint32(env, values[2], &blocks) != napi_ok || blocks == 0 || blocks > MAX_BLOCKS) {
    napi_throw_type_error(env, "EARGUMENT", "interface name, header bytes or blocks out of range");
    return NULL;
  }
  unsigned interface_index = if_nametoindex(name);
  if (interface_index == 0) return fail(env, name, ENODEV);
  ring_t *ring = calloc(1, sizeof *ring);
  if (ring == NULL) return fail(env, "memory", ENOMEM);
  ring->fd = -1;
  ring->blocks = blocks;
  ring->header_bytes = header_bytes;
  const char *failed = set_up(ring, interface_index);
  if (failed != NULL) {
    int error = errno;
    release(ring);
    free(ring);
    return fail(env, failed, error);
  }
  napi_value external;
  if (napi_create_external(env, ring, finalize, NULL, &external) != napi_ok) {
    release(ring);
    free(ring);
    return fail(env, "handle", ENOMEM);
  }
  return external;
}

/* Writes one packet's record; 0 when it does not fit, or when the packet lies outside its block (then it is skipped). */
static uint32_t write_record(const ring_t *ring, const uint8_t *block, uint8_t *out, size_t space, bool *is_bad) {
  const struct tpacket3_hdr *packet = (const void *)(block + ring->offset);
  const struct sockaddr_ll *place =
      (const void *)(block + ring->offset + TPACKET_ALIGN(sizeof(struct tpacket3_hdr)));
  uint32_t captured = packet->tp_snaplen < ring->header_bytes ? packet->tp_snaplen : ring->header_bytes;
  uint32_t padded = (captured + 3u) & ~3u;
  *is_bad = (uint64_t)ring->offset + packet->tp_mac + captured > BLOCK_BYTES;
  if (*is_bad || RECORD_BYTES + padded > space) return 0;
  uint32_t head[5] = {captured, packet->tp_len, packet->tp_sec, packet->tp_nsec, place->sll_pkttype};
  memcpy(out, head, sizeof head);
  memcpy(out + RECORD_BYTES, block + ring->offset + packet->tp_mac, captured);
  memset(out + RECORD_BYTES + captured, 0, padded - captured);
  return RECORD_BYTES + padded;
}

static napi_value read_ring(napi_env env, napi_callback_info info) {
  napi_value values[2];
  if (!arguments(env, info, values, 2)) return NULL;
  ring_t *ring = ring_of(env, values[0]);
  if (ring == NULL) return NULL;
  napi_typedarray_type type;
  size_t length;
  void *data;
  if (napi_get_typedarray_info(env, values[1], &type, &length, &data, NULL, NULL) != napi_ok || type != napi_uint8_array) {
    napi_throw_type_error(env, "EARGUMENT", "not a Uint8Array");
    return NULL;
  }
  uint8_t *out = data;
  size_t used = 0;
  bool is_full = false;
  while (ring->map != NULL && !is_full) {
    uint8_t *block = ring->map + (size_t)ring->block * BLOCK_BYTES;
    struct tpacket_block_desc *description = (void *)block;
    if ((__atomic_load_n(&description->hdr.bh1.block_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER) == 0) break;
    if (ring->left == 0) {
      ring->left = description->hdr.bh1.num_pkts;
      ring->offset = description->hdr.bh1.offset_to_first_pkt;
    }
    while (ring->left > 0) {
      if ((uint64_t)ring->offset + sizeof(struct tpacket3_hdr) + sizeof(struct sockaddr_ll) > BLOCK_BYTES) {
        ring->left = 0;
        break;
      }
      bool is_bad = false;
      uint32_t written = write_record(ring, block, out + used, length - used, &is_bad);
      if (written == 0 && !is_bad) {
        is_full = true;
        break;
      }
      used += written;
      uint32_t next = ((const struct tpacket3_hdr *)(const void *)(block + ring->offset))->tp_next_offset;
      ring->left--;
      if (next == 0) ring->left = 0;
      ring->offset += next;
    }
    if (is_full) break;
    __atomic_store_n(&description->hdr.bh1.block_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
    ring->block = (ring->block + 1) % ring->blocks;
  }
  napi_value result;
  napi_create_uint32(env, (uint32_t)used, &result);
  return result;
}

static napi_value stats_of_ring(napi_env env, napi_callback_info info) {
  napi_value values[1];
  if (!arguments(env, info, values, 1)) return NULL;
  ring_t *ring = ring_of(env, values[0]);
  if (ring == NULL) return NULL;
  struct tpacket_stats_v3 stats = {0};
  socklen_t size = sizeof stats;
  if (ring->fd < 0 || getsockopt(ring->fd, SOL_PACKET, PACKET_STATISTICS, &stats, &size) != 0)
    return fail(env, "statistics", ring->fd < 0 ? EBADF : errno);
  napi_value result, packets, drops;
  napi_create_array_with_length(env, 2, &result);
  napi_create_uint32(env, stats.tp_packets, &packets);
  napi_create_uint32(env, stats.tp_drops, &drops);
  napi_set_element(env, result, 0, packets);
  napi_set_element(env, result, 1, drops);
  return result;
}

static napi_value close_ring(napi_env env, napi_callback_info info) {
  napi_value values[1];
  if (!arguments(env, info, values, 1)) return NULL;
  ring_t *ring = ring_of(env, values[0]);
  if (ring != NULL) release(ring);
  return NULL;
}

NAPI_MODULE_INIT() {
  napi_property_descriptor functions[] = {
      {"open", NULL, open_ring, NULL, NULL, NULL, napi_default, NULL},
      {"read", NULL, read_ring, NULL, NULL, NULL, napi_default, NULL},
      {"stats", NULL, stats_of_ring, NULL, NULL, NULL, napi_default, NULL},
      {"close", NULL, close_ring, NULL, NULL, NULL, napi_default, NULL},
  };
  napi_define_properties(env, exports, sizeof functions / sizeof functions[0], functions);
  return exports;
}
