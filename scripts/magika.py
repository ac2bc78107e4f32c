"""What Magika needs around its model, for the demo.

magika.py input FILE OUT     the model's input for a file: 2048 int32 of its bytes
magika.py label RECORD.json  what an inference record says the file is

The model reads the first 1024 bytes of a file after leading white space and the
last 1024 before trailing white space; 256 fills what is missing (Magika's
`config.min.json`: beg_size, end_size, block_size, padding_token).
"""

import base64
import json
import pathlib
import struct
import sys

SIZE, BLOCK, PADDING = 1024, 4096, 256
LABELS = pathlib.Path(__file__).parent.parent / "inference/testdata/magika_labels.json"


def features(content: bytes) -> list[int]:
    begin = list(content[:BLOCK].lstrip()[:SIZE])
    end = list(content[-BLOCK:].rstrip()[-SIZE:])
    return begin + [PADDING] * (SIZE - len(begin)) + [PADDING] * (SIZE - len(end)) + end


def main() -> None:
    if sys.argv[1] == "input":
        values = features(pathlib.Path(sys.argv[2]).read_bytes())
        pathlib.Path(sys.argv[3]).write_bytes(struct.pack(f"<{len(values)}i", *values))
        return
    record = json.loads(pathlib.Path(sys.argv[2]).read_text())["record"]
    output = record["outputs"][0]
    values = output.get("values")
    if values is None:
        data = base64.b64decode(output["data"])
        values = list(struct.unpack(f"<{len(data) // 4}f", data))
    while isinstance(values[0], list):
        values = values[0]
    best = max(range(len(values)), key=values.__getitem__)
    print(f"it is {json.loads(LABELS.read_text())[best]} (score {values[best]:.3f})")


main()
