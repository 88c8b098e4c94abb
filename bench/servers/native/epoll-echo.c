/*
 * A plain WebSocket echo server on Linux epoll, one thread: what the machine can do without any JavaScript.
 *
 * It decodes frames, unmasks and answers, one write a read where it can, and does none of what a real server must besides:
 * no UTF-8 check, no fragments, no limits but its buffers', no timeouts. It trusts the load generator, which is its only client.
 *
 * Usage: epoll-echo MODE, where MODE is "echo" or "broadcast". Prints {"port":N} and ends when standard input does.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MAX_CONNECTIONS = 65536, READ_BYTES = 256 * 1024, MAX_EVENTS = 512 };

struct connection {
  uint8_t *in;       /* bytes that do not make a whole frame yet */
  size_t in_bytes, in_room;
  uint8_t *out;      /* bytes that the kernel did not take yet */
  size_t out_bytes, out_room, out_sent;
  int open, closing;
};

static struct connection connections[MAX_CONNECTIONS]; /* by file descriptor */
static int members[MAX_CONNECTIONS], member_count;     /* of the broadcast */
static uint8_t scratch[READ_BYTES], reply[READ_BYTES + 64];
static int poller, broadcast;

/* ---- SHA-1 and base64, for the handshake ---- */

static uint32_t rotate(uint32_t word, int by) { return word << by | word >> (32 - by); }

static void sha1_block(uint32_t state[5], const uint8_t block[64]) {
  uint32_t words[80];
  for (int at = 0; at < 16; at++)
    words[at] = (uint32_t)block[4 * at] << 24 | block[4 * at + 1] << 16 | block[4 * at + 2] << 8 | block[4 * at + 3];
  for (int at = 16; at < 80; at++) words[at] = rotate(words[at - 3] ^ words[at - 8] ^ words[at - 14] ^ words[at - 16], 1);
  uint32_t a = state[0], b = state[1], c = state[2], d = state[3], e = state[4];
  for (int at = 0; at < 80; at++) {
    uint32_t mix, constant;
    if (at < 20) mix = (b & c) | (~b & d), constant = 0x5a827999;
    else if (at < 40) mix = b ^ c ^ d, constant = 0x6ed9eba1;
    else if (at < 60) mix = (b & c) | (b & d) | (c & d), constant = 0x8f1bbcdc;
    else mix = b ^ c ^ d, constant = 0xca62c1d6;
    uint32_t next = rotate(a, 5) + mix + e + constant + words[at];
    e = d, d = c, c = rotate(b, 30), b = a, a = next;
  }
  state[0] += a, state[1] += b, state[2] += c, state[3] += d, state[4] += e;
}

/* 24 characters of key and 36 of GUID: 60 bytes, hence always two blocks. */
static void accept_value(const char *key, char out[29]) {
  static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  uint32_t state[5] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
  uint8_t message[128] = {0}, digest[21] = {0};
  memcpy(message, key, 24);
  memcpy(message + 24, "258EAFA5-E914-47DA-95CA-C5AB0DC85B11", 36);
  message[60] = 0x80;
  message[126] = 480 >> 8, message[127] = 480 & 0xff;
  sha1_block(state, message);
  sha1_block(state, message + 64);
  for (int at = 0; at < 20; at++) digest[at] = state[at / 4] >> (24 - 8 * (at % 4));
  for (int at = 0; at < 7; at++) {
    uint32_t group = (uint32_t)digest[3 * at] << 16 | digest[3 * at + 1] << 8 | digest[3 * at + 2];
    for (int digit = 0; digit < 4; digit++) out[4 * at + digit] = digits[group >> (18 - 6 * digit) & 63];
  }
  out[27] = '=', out[28] = 0;
}

/* ---- output ---- */

static void watch(int socket, uint32_t events, int operation) {
  struct epoll_event event = {.events = events, .data.fd = socket};
  epoll_ctl(poller, operation, socket, &event);
}

static void drop(int socket) {
  struct connection *self = &connections[socket];
  free(self->in);
  free(self->out);
  memset(self, 0, sizeof *self);
  for (int at = 0; at < member_count; at++)
    if (members[at] == socket) {
      members[at] = members[--member_count];
      break;
    }
  close(socket);
}

static void append(uint8_t **bytes, size_t *used, size_t *room, const uint8_t *more, size_t count) {
  if (*used + count > *room) {
    *room = (*used + count) * 2;
    *bytes = realloc(*bytes, *room);
    if (*bytes == NULL) abort();
  }
  memcpy(*bytes + *used, more, count);
  *used += count;
}

static void send_bytes(int socket, const uint8_t *bytes, size_t count) {
  struct connection *self = &connections[socket];
  if (self->out_bytes == self->out_sent) {
    ssize_t sent = send(socket, bytes, count, MSG_NOSIGNAL);
    if (sent < 0) sent = 0;
    if ((size_t)sent == count) return;
    bytes += sent, count -= sent;
    self->out_bytes = self->out_sent = 0;
    watch(socket, EPOLLIN | EPOLLOUT, EPOLL_CTL_MOD);
  }
  append(&self->out, &self->out_bytes, &self->out_room, bytes, count);
}

static void flush(int socket) {
  struct connection *self = &connections[socket];
  ssize_t sent = send(socket, self->out + self->out_sent, self->out_bytes - self->out_sent, MSG_NOSIGNAL);
  if (sent > 0) self->out_sent += sent;
  if (self->out_sent < self->out_bytes) return;
  self->out_bytes = self->out_sent = 0;
  watch(socket, EPOLLIN, EPOLL_CTL_MOD);
  if (self->closing) shutdown(socket, SHUT_WR);
}

/* ---- frames ---- */

static void unmask(uint8_t *to, const uint8_t *from, size_t count, const uint8_t key[4]) {
  uint32_t word;
  memcpy(&word, key, 4);
  uint64_t wide = (uint64_t)word << 32 | word;
  size_t at = 0;
  for (; at + 8 <= count; at += 8) {
    uint64_t part;
    memcpy(&part, from + at, 8);
    part ^= wide;
    memcpy(to + at, &part, 8);
  }
  for (; at < count; at++) to[at] = from[at] ^ key[at & 3];
}

/* Answers all whole frames of `bytes`; returns how many bytes those were. Large frames are answered in place. */
static size_t answer(int socket, uint8_t *bytes, size_t count) {
  struct connection *self = &connections[socket];
  size_t at = 0, replied = 0;
  while (!self->closing && count - at >= 6) {
    uint8_t *frame = bytes + at;
    size_t header = 2, length = frame[1] & 0x7f;
    if (length == 126) {
      if (count - at < 8) break;
      length = (size_t)frame[2] << 8 | frame[3], header = 4;
    } else if (length == 127) {
      if (count - at < 14) break;
      length = 0, header = 10;
      for (int byte = 2; byte < 10; byte++) length = length << 8 | frame[byte];
    }
    if (count - at < header + 4 + length) break;
    if (replied + header + length > sizeof reply) {
      if (replied > 0) send_bytes(socket, reply, replied), replied = 0;
    }
    int is_close = (frame[0] & 0x0f) == 8;
    if (header + length > sizeof reply) {
      /* The masking key's four bytes make room: the header moves right and the payload is unmasked where it lies. */
      uint8_t head[10];
      memcpy(head, frame, header);
      unmask(frame + header + 4, frame + header + 4, length, frame + header);
      head[1] &= 0x7f;
      memcpy(frame + 4, head, header);
      send_bytes(socket, frame + 4, header + length);
    } else {
      memcpy(reply + replied, frame, header);
      reply[replied + 1] &= 0x7f;
      unmask(reply + replied + header, frame + header + 4, length, frame + header);
      replied += header + length;
    }
    at += header + 4 + length;
    if (is_close) self->closing = 1;
  }
  if (replied > 0 && broadcast && !self->closing)
    for (int member = 0; member < member_count; member++) send_bytes(members[member], reply, replied);
  else if (replied > 0)
    send_bytes(socket, reply, replied);
  if (self->closing && self->out_bytes == 0) shutdown(socket, SHUT_WR);
  return at;
}

/* The generator sends its head in one go. */
static void upgrade(int socket, const uint8_t *bytes, size_t count) {
  static const char name[] = "Sec-WebSocket-Key: ";
  const char *key = memmem(bytes, count, name, sizeof name - 1);
  if (key == NULL) {
    drop(socket);
    return;
  }
  char accept[29], response[256];
  accept_value(key + sizeof name - 1, accept);
  int length = snprintf(response, sizeof response,
                        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                        "Sec-WebSocket-Accept: %s\r\n\r\n",
                        accept);
  connections[socket].open = 1;
  members[member_count++] = socket;
  send_bytes(socket, (uint8_t *)response, length);
}

static void readable(int socket) {
  struct connection *self = &connections[socket];
  ssize_t count = recv(socket, scratch, sizeof scratch, 0);
  if (count <= 0) {
    if (count == 0 || errno != EAGAIN) drop(socket);
    return;
  }
  if (!self->open) {
    upgrade(socket, scratch, count);
    return;
  }
  if (self->in_bytes == 0) {
    size_t used = answer(socket, scratch, count);
    if (used < (size_t)count) append(&self->in, &self->in_bytes, &self->in_room, scratch + used, count - used);
    return;
  }
  append(&self->in, &self->in_bytes, &self->in_room, scratch, count);
  size_t used = answer(socket, self->in, self->in_bytes);
  self->in_bytes -= used;
  memmove(self->in, self->in + used, self->in_bytes);
}

int main(int count, char **arguments) {
  broadcast = count > 1 && strcmp(arguments[1], "broadcast") == 0;
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), on = 1;
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof address;
  if (bind(listener, (struct sockaddr *)&address, size) != 0 || listen(listener, 4096) != 0) return 1;
  getsockname(listener, (struct sockaddr *)&address, &size);
  poller = epoll_create1(0);
  watch(listener, EPOLLIN, EPOLL_CTL_ADD);
  watch(STDIN_FILENO, EPOLLIN, EPOLL_CTL_ADD);
  printf("{\"port\":%d,\"runtime\":\"C\",\"notes\":[]}\n", ntohs(address.sin_port));
  fflush(stdout);
  for (;;) {
    struct epoll_event events[MAX_EVENTS];
    int ready = epoll_wait(poller, events, MAX_EVENTS, -1);
    for (int at = 0; at < ready; at++) {
      int socket = events[at].data.fd;
      if (socket == STDIN_FILENO) {
        char line[64];
        if (read(STDIN_FILENO, line, sizeof line) <= 0) return 0;
        printf("{\"heapBytes\":0}\n");
        fflush(stdout);
      } else if (socket == listener) {
        int peer;
        while ((peer = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
          if (peer >= MAX_CONNECTIONS) {
            close(peer);
            continue;
          }
          setsockopt(peer, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
          watch(peer, EPOLLIN, EPOLL_CTL_ADD);
        }
      } else {
        if (events[at].events & EPOLLOUT) flush(socket);
        if (events[at].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) readable(socket);
      }
    }
  }
}
