"""Scores one pair of files with pycocotools in a process of its own."""
import contextlib
import io
import json
import resource
import sys
import time

from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

start = time.perf_counter()
with contextlib.redirect_stdout(io.StringIO()):
    truth = COCO(sys.argv[1])
    scores = COCOeval(truth, truth.loadRes(sys.argv[2]), "bbox")
    scores.evaluate()
    scores.accumulate()
    scores.summarize()
seconds = time.perf_counter() - start
memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({"seconds": seconds, "memoryMb": memory, "AP": float(scores.stats[0])}))
