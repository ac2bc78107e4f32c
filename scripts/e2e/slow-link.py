#!/usr/bin/env python3
"""A network cable that is slow and loses frames, for kernels without netem.

slow-link.py INSIDE OUTSIDE DELAY_MS LOSS: makes two TAP devices of these names and passes
frames between them, each DELAY_MS later, dropping a share of LOSS. Prints "ready".
"""
import collections, fcntl, os, random, select, struct, sys, time

TUNSETIFF, IFF_TAP, IFF_NO_PI = 0x400454CA, 0x0002, 0x1000


def tap(name):
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH", name.encode(), IFF_TAP | IFF_NO_PI))
    return device


inside, outside = tap(sys.argv[1]), tap(sys.argv[2])
delay, loss = float(sys.argv[3]) / 1000, float(sys.argv[4])
other = {inside: outside, outside: inside}
# Delays are equal, so frames leave in the order in which they came.
waiting = collections.deque()
print("ready", flush=True)
while True:
    until = max(0, waiting[0][0] - time.monotonic()) if waiting else None
    for device in select.select(list(other), [], [], until)[0]:
        try:
            frame = os.read(device, 65536)
        except OSError:
            continue
        if random.random() >= loss:
            waiting.append((time.monotonic() + delay, other[device], frame))
    while waiting and waiting[0][0] <= time.monotonic():
        _, device, frame = waiting.popleft()
        try:
            os.write(device, frame)
        except OSError:
            pass  # The device is down, or its queue full: a cable would lose it too.
