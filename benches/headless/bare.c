/* The bare clients of this benchmark: blocking sockets, no checks that a program for people needs.
   Usage: bare PORT session | noops COUNT | data FILE | flood LINES */

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BLOCK 131072

static int server;
static char input[BLOCK];
static size_t at, filled;

static void check(int good) {
    if (!good) {
        perror("bare");
        exit(1);
    }
}

static void put(const char *octets, size_t count) {
    while (count > 0) {
        ssize_t written = write(server, octets, count);
        check(written > 0);
        octets += written;
        count -= (size_t)written;
    }
}

/* Takes octets up to the next line feed, or what is there. */
static size_t take(char **piece) {
    if (at == filled) {
        ssize_t got = read(server, input, BLOCK);
        check(got > 0);
        at = 0;
        filled = (size_t)got;
    }
    char *start = input + at;
    char *end = memchr(start, '\n', filled - at);
    size_t count = end ? (size_t)(end - start) + 1 : filled - at;
    at += count;
    *piece = start;
    return count;
}

/* Waits for the last line of a reply. */
static void reply(void) {
    char line[8] = "";
    size_t length = 0;
    for (;;) {
        char *piece;
        size_t count = take(&piece);
        for (size_t i = 0; i < count && length + i < sizeof line; i++)
            line[length + i] = piece[i];
        length += count;
        if (piece[count - 1] == '\n') {
            if (line[3] != '-')
                return;
            length = 0;
        }
    }
}

static void command(const char *line) {
    put(line, strlen(line));
    reply();
}

/* Sends a file with stuffed dots; its lines end in CR LF. */
static void data(const char *path) {
    static char text[BLOCK], wire[2 * BLOCK];
    int file = open(path, O_RDONLY);
    int line_begins = 1;
    ssize_t got;
    check(file >= 0);
    command("DATA\r\n");
    while ((got = read(file, text, BLOCK)) > 0) {
        size_t length = 0;
        char *from = text, *end = text + got;
        while (from < end) {
            if (line_begins && *from == '.')
                wire[length++] = '.';
            char *feed = memchr(from, '\n', (size_t)(end - from));
            char *to = feed ? feed + 1 : end;
            memcpy(wire + length, from, (size_t)(to - from));
            length += (size_t)(to - from);
            line_begins = feed != NULL;
            from = to;
        }
        put(wire, length);
    }
    check(got == 0);
    command(".\r\n");
}

/* Keeps a reply of many lines in one block, with the end of each line. */
static void flood(size_t lines) {
    size_t room = BLOCK, length = 0, start = 0, count = 0, ends_room = 1024;
    char *block = malloc(room);
    size_t *ends = malloc(ends_room * sizeof *ends);
    check(block && ends);
    put("EHLO FLOOD\r\n", 12);
    for (;;) {
        char *piece;
        size_t taken = take(&piece);
        if (length + taken > room) {
            room *= 2;
            block = realloc(block, room);
            check(block != NULL);
        }
        memcpy(block + length, piece, taken);
        length += taken;
        if (block[length - 1] != '\n')
            continue;
        if (count == ends_room) {
            ends_room *= 2;
            ends = realloc(ends, ends_room * sizeof *ends);
            check(ends != NULL);
        }
        ends[count++] = length;
        if (block[start + 3] == ' ')
            break;
        start = length;
    }
    check(count == lines + 1);
}

int main(int count, char **words) {
    struct sockaddr_in address = {.sin_family = AF_INET};
    int yes = 1;
    if (count < 3)
        return 2;
    address.sin_port = htons((unsigned short)atoi(words[1]));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    server = socket(AF_INET, SOCK_STREAM, 0);
    check(server >= 0);
    check(connect(server, (struct sockaddr *)&address, sizeof address) == 0);
    setsockopt(server, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    reply();
    if (!strcmp(words[2], "session"))
        command("EHLO bare.example\r\n");
    if (!strcmp(words[2], "noops"))
        for (int left = atoi(words[3]); left > 0; left--)
            command("NOOP\r\n");
    if (!strcmp(words[2], "data"))
        data(words[3]);
    if (!strcmp(words[2], "flood"))
        flood((size_t)atol(words[3]));
    command("QUIT\r\n");
    close(server);
    return 0;
}
