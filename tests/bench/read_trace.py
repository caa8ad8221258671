#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""read_trace.py - a reader of trace files that was written from FORMAT.md and nothing else.

    read_trace.py TRACE EXPORTED    compare with what `hum trace export --format csv` made of it
    read_trace.py --sizes TRACE     bytes of every column, decompressed and when compressed alone

Ends with 77 where Python has no zstd to load.
"""
import csv
import ctypes
import ctypes.util
import struct
import sys
import zlib

KINDS = ("space", "setting", "processor", "region", "region end", "kernel", "launch", "event",
         "faults", "batch", "epoch", "access", "dropped", "totals", "call")
CALLS = ("prefetch", "discard", "advise", "protect", "policy", "budget")
ADVICE = {1: "read-mostly", 2: "preferred location", 4: "accessed by", 8: "remote",
          256: "unset read-mostly", 512: "unset preferred location", 1024: "unset accessed by",
          2048: "unset remote", 0: ""}
CAUSES = ("first touch", "host fault", "device fault", "write upgrade", "map again",
          "prefetch by user", "prefetch by policy", "eviction", "advice", "discard", "free",
          "protection", "device lost", "remote map", "declared use")
COLUMNS = ("heads", "actors", "regions", "blocks", "masks", "counts", "pages", "lines", "plain",
           "gaps", "times", "starts", "services", "moves", "links", "launches", "bits")
ALL = (1 << 512) - 1
M64 = (1 << 64) - 1


def load_zstd():
    try:
        lib = ctypes.CDLL(ctypes.util.find_library("zstd") or "libzstd.so.1")
    except OSError:
        print("skipped: there is no libzstd")
        sys.exit(77)
    for name in ("ZSTD_decompress", "ZSTD_compress", "ZSTD_compressBound"):
        getattr(lib, name).restype = ctypes.c_size_t
    return lib


ZSTD = load_zstd()


def decompress(body, size):
    out = ctypes.create_string_buffer(max(size, 1))
    got = ZSTD.ZSTD_decompress(out, ctypes.c_size_t(size), body, ctypes.c_size_t(len(body)))
    assert got == size, "the body is not what was compressed"
    return out.raw[:size]


def compressed_size(data):
    room = ZSTD.ZSTD_compressBound(ctypes.c_size_t(len(data)))
    out = ctypes.create_string_buffer(room)
    return ZSTD.ZSTD_compress(out, ctypes.c_size_t(room), data, ctypes.c_size_t(len(data)), 5)


class Column:
    def __init__(self, data):
        self.data, self.at = data, 0

    def byte(self):
        self.at += 1
        return self.data[self.at - 1]

    def raw(self, count):
        self.at += count
        assert self.at <= len(self.data)
        return self.data[self.at - count:self.at]

    def varint(self):
        number = shift = 0
        while True:
            byte = self.byte()
            number |= (byte & 0x7f) << shift
            shift += 7
            if byte < 0x80:
                return number

    def signed(self):
        return unfold(self.varint())

    def near(self, y):
        return (y + self.signed()) & M64

    def text(self):
        return self.raw(self.varint()).decode("latin-1")

    def mask(self):
        runs, at, mask = self.varint(), 0, 0
        if runs == 0:
            return int.from_bytes(self.raw(64), "little")
        for _ in range(runs):
            at += self.varint()
            length = self.varint()
            mask |= ((1 << length) - 1) << at
            at += length
        return mask


def unfold(number):
    return number >> 1 if number & 1 == 0 else -(number >> 1) - 1


class Chunk:
    def __init__(self, raw, version):
        self.version = version
        lengths = Column(raw)
        sizes = [lengths.varint() for _ in COLUMNS]
        at = lengths.at
        for name, size in zip(COLUMNS, sizes):
            setattr(self, name, Column(raw[at:at + size]))
            at += size
        assert at == len(raw)
        self.bit = 0
        self.big = int.from_bytes(self.bits.data, "little")
        self.clock = self.last = 0
        self.first = None
        self.event = dict(actor=(0, 0, 0, 0), block=0, pages=0, moved=0, modelled_ns=0)
        self.faults, self.batch, self.launch = (0, 0, 0), 0, (0, 0, 0, False)
        self.access, self.access_lines = (0, 0, 0, 0), 0
        self.by_cause, self.threads, self.next_block, self.next_page = {}, {}, {}, {}

    def number(self, column):
        symbol = column.byte()
        if symbol < 8:
            return symbol
        bits = symbol // 4 - 1
        low = self.big >> self.bit & ((1 << bits) - 1)
        self.bit += bits
        return (4 + symbol % 4) << bits | low

    def number_near(self, column, y):
        return (y + unfold(self.number(column))) & M64

    def time(self, work):
        column = self.gaps if work and self.first is None else self.times
        return self.number_near(column, self.clock)

    def note(self, time, work, lasted=0):
        self.last, self.clock = time, (time + lasted) & M64
        if work and self.first is None:
            self.first = time

    def record(self):
        head = self.heads.byte()
        kind = KINDS[head & 15]
        flags = [bool(head >> bit & 1) for bit in range(4, 8)]
        read = getattr(self, "read_" + kind.replace(" ", "_"))
        if kind in ("launch", "event", "faults", "batch"):
            time, fields = read(*flags)
        else:
            time = self.time(False)
            self.note(time, False)
            fields = read(*flags)
        return dict(fields, kind=kind, time_ns=time)

    def read_space(self, *_):
        p = self.plain
        return dict(start=hex(p.varint()), bytes=p.varint(), unix_ns=p.varint(), pid=p.varint(),
                    program=p.text())

    def read_setting(self, *_):
        return dict(key=self.plain.text(), value=self.plain.text())

    def read_processor(self, *_):
        p = self.plain
        return dict(processor=p.signed(), name=p.text(), processor_kind=p.text(),
                    capacity_bytes=p.varint(), workers=p.varint())

    def read_region(self, *_):
        p = self.plain
        return dict(region=p.varint(), first_page=p.varint(), bytes=p.varint(),
                    flags=p.varint() if self.version > 2 else 0, name=p.text())

    def read_region_end(self, *_):
        return dict(region=self.plain.varint())

    def read_kernel(self, *_):
        p = self.plain
        return dict(kernel=p.varint(), device=p.signed(), name=p.text())

    def read_launch(self, *_):
        p = self.plain
        number, submit, end, waited = self.launch
        f = dict(launch=p.near(number + 1), kernel=p.varint(), device=p.signed(),
                 stream=p.varint(), status=p.signed(), indices=p.varint())
        f["submit_ns"] = self.number_near(self.launches, end if waited else submit)
        time = self.number_near(self.launches, max(f["submit_ns"], end))
        f["end_ns"] = self.number_near(self.launches, time)
        self.launch = (f["launch"], f["submit_ns"], f["end_ns"], f["submit_ns"] >= end)
        return time, f

    def actor(self, form, cause):
        if form == 0:
            return self.event["actor"]
        if form == 1:
            return self.faults + (self.threads.get(self.faults[0] % 64, 0),)
        if form == 2:
            return self.by_cause.get(cause, (0, 0, 0, 0))
        processor, kernel, thread = (self.actors.signed(), self.actors.varint(),
                                     self.actors.varint())
        return processor, self.regions.varint(), kernel, thread

    def read_event(self, evicted, no_time, same_block, next_block):
        forms, who = self.heads.byte(), self.heads.byte()
        cause, last = who >> 3, self.event
        move_ns = 0 if no_time else self.number(self.moves)
        time = self.last if who & 4 else self.time(True)
        modelled_ns = self.number_near(self.links, last["modelled_ns"])
        actor = self.actor(who & 3, cause)
        expected = self.next_block.get(actor[1] % 64, 0)
        if same_block:
            block = last["block"]
        else:
            block = expected if next_block else self.blocks.near(expected)
        pages = self.event_pages(forms & 7)
        moved = (lambda: 0, lambda: pages, lambda: last["moved"],
                 self.masks.mask)[forms >> 3 & 3]()
        size, copied = forms >> 5, [0, 0, 0]
        if size == 4:
            copied = [self.counts.varint() for _ in copied]
        elif size:
            copied[size - 1] = 4096 * bin(moved).count("1")
        self.note(time, True, move_ns)
        self.event = dict(actor=actor, block=block, pages=pages, moved=moved,
                          modelled_ns=modelled_ns)
        self.by_cause[cause] = actor
        self.threads[actor[0] % 64] = actor[3]
        self.next_block[actor[1] % 64] = (block + 1) % (1 << 32)
        return time, dict(cause=CAUSES[cause], processor=actor[0], region=actor[1],
                          kernel=actor[2], thread=actor[3], block=block, page_set=runs(pages),
                          moved_set=runs(moved), h2d_bytes=copied[0], d2h_bytes=copied[1],
                          d2d_bytes=copied[2], move_ns=move_ns, modelled_ns=modelled_ns,
                          evicted=int(evicted))

    def event_pages(self, form):
        last = self.event["pages"]
        return (lambda: 0, lambda: ALL, lambda: last, self.masks.mask, lambda: ALL & ~last,
                lambda: self.masks.mask() & ~last)[form]()

    def read_faults(self, same, one, *_):
        time = self.time(True)
        if not same:
            processor, kernel = self.actors.signed(), self.actors.varint()
            self.faults = (processor, self.regions.varint(), kernel)
        faults, duplicates = (1, 0) if one else (self.counts.varint(), self.counts.varint())
        self.note(time, True)
        return time, dict(processor=self.faults[0], region=self.faults[1], kernel=self.faults[2],
                          faults=faults, duplicates=duplicates)

    def read_batch(self, same, one, *_):
        if not same:
            self.batch = self.actors.signed()
        faults = 1 if one else self.counts.varint()
        time = self.number_near(self.starts, self.last if self.first is None else self.first)
        service = self.number_near(self.services, max(self.clock - time, 0))
        self.clock, self.first = (time + service) & M64, None
        return time, dict(processor=self.batch, faults=faults, service_ns=service)

    def read_epoch(self, *_):
        return dict(epoch=self.plain.varint(), launch=self.plain.varint())

    def read_access(self, write, same, one, same_lines):
        if not same:
            a = self.actors
            self.access = (a.varint(), a.signed(), a.varint(), a.near(self.access[3]))
        agent, processor, kernel, launch = self.access
        first = self.pages.near(self.next_page.get(agent % 64, 0))
        pages, touches = (1, 1) if one else (self.counts.varint(), self.counts.varint())
        if not same_lines:
            self.access_lines = self.lines.varint()
        self.next_page[agent % 64] = (first + pages) & M64
        return dict(agent=agent, processor=processor, kernel=kernel, launch=launch,
                    first_page=first, pages=pages, touches=touches, write=int(write),
                    lines=hex(self.access_lines))

    def read_dropped(self, *_):
        return dict(dropped_kind=KINDS[self.plain.varint()], dropped=self.plain.varint())

    def read_call(self, *_):
        assert self.version > 2
        p = self.plain
        return dict(call=CALLS[p.varint()], region=p.varint(), processor=p.signed(),
                    device=p.signed(), stream=p.varint(), rest=p.varint(),
                    advice=ADVICE[p.varint()], access=p.varint(), offset=p.varint(),
                    bytes=p.varint(), submit_ns=p.near(self.last), text=p.text())

    def read_totals(self, *_):
        p = self.plain
        single = [p.varint() for _ in range(p.varint())]
        causes = [[p.varint() for _ in range(3)] for _ in range(p.varint())]
        causes += [[0] * 3] * (len(CAUSES) - len(causes))  # of a file that is older than they are
        events, pages, copied = zip(*causes)
        counters = single[:7] + list(events) + list(pages) + list(copied) + single[7:]
        return dict(counters=" ".join(map(str, counters)))

    def is_done(self):
        columns = all(getattr(self, name).at == len(getattr(self, name).data)
                      for name in COLUMNS[:-1])
        return columns and (self.bit + 7) // 8 == len(self.bits.data) and self.big >> self.bit == 0


def runs(mask):
    out, page = [], 0
    while mask >> page:
        if mask >> page & 1:
            first = page
            while mask >> page + 1 & 1:
                page += 1
            out.append(str(first) if first == page else "%d-%d" % (first, page))
        page += 1
    return " ".join(out)


def chunks(path):
    """(records, chunk) of every chunk; the file must be whole."""
    with open(path, "rb") as file:
        data = file.read()
    magic, version, zero = struct.unpack_from("<8sII", data)
    assert magic == b"HUMTRACE" and version in (2, 3) and zero == 0
    at = 16
    while True:
        magic, size, raw_size, records, body_crc, crc = struct.unpack_from("<4s5I", data, at)
        assert crc == zlib.crc32(data[at:at + 20])
        at += 24
        if magic == b"END!":
            assert at == len(data)
            return
        assert magic == b"CHNK"
        body = data[at:at + size]
        assert body_crc == zlib.crc32(body)
        yield records, Chunk(decompress(body, raw_size), version)
        at += size


def records_of(path):
    for count, chunk in chunks(path):
        for _ in range(count):
            yield chunk.record()
        assert chunk.is_done()


def compare(path, exported):
    with open(exported, encoding="latin-1", newline="") as file:
        rows = csv.DictReader(file)
        number = 0
        for number, record in enumerate(records_of(path), 1):
            row = {name: cell for name, cell in next(rows).items() if cell}
            mine = {name: str(value) for name, value in record.items() if str(value)}
            assert row == mine, "record %d: hum says %s, this reader %s" % (number, row, mine)
        assert next(rows, None) is None, "hum has more records than %d" % number
    print("%d records are the same" % number)


def sizes(path):
    table = {name: bytearray() for name in COLUMNS}
    for _, chunk in chunks(path):
        for name in COLUMNS:
            table[name] += getattr(chunk, name).data
    for name in COLUMNS:
        print("%-10s %9d %9d" % (name, len(table[name]), compressed_size(bytes(table[name]))))


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    if sys.argv[1] == "--sizes":
        sizes(sys.argv[2])
    else:
        compare(sys.argv[1], sys.argv[2])
