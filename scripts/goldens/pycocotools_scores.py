"""Writes tests/fixtures/coco-eval/crowds-*.json: whole-pixel boxes with crowds and equal scores, and pycocotools' numbers.

Run from the repository's root (a second):

    python3 -m venv /tmp/coco && /tmp/coco/bin/pip install numpy pycocotools==2.0.11
    /tmp/coco/bin/python scripts/goldens/pycocotools_scores.py
"""
import contextlib
import io
import json
from pathlib import Path

import numpy as np
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

folder = Path(__file__).parents[2] / "tests/fixtures/coco-eval"
names = "AP AP50 AP75 APsmall APmedium APlarge AR1 AR10 AR100 ARsmall ARmedium ARlarge".split()
random = np.random.RandomState(17)
categories = [{"id": id, "name": f"class {id}"} for id in (2, 5, 6, 9)]  # 9 has no boxes


def boxes(count):
    sides = np.exp(random.uniform(np.log(8), np.log(300), (count, 2)))
    return np.round(np.concatenate([random.uniform(0, 1, (count, 2)) * [400, 300], sides], 1))


images, annotations, detections = [], [], []
for image in range(12):
    images.append({"id": image * 3 + 2, "width": 700, "height": 600, "file_name": f"{image}.jpg"})
    own = boxes(0 if image == 4 else random.poisson(6))
    classes = random.choice([2, 5, 6], len(own))
    for box, category in zip(own, classes):
        annotations.append({
            "id": len(annotations) + 1, "image_id": images[-1]["id"], "category_id": int(category),
            "bbox": box.tolist(), "area": float(box[2] * box[3]), "iscrowd": int(random.rand() < 0.15),
        })
    for _ in range(16):
        if len(own) and random.rand() < 0.7:
            at = random.randint(len(own))
            box, category = own[at] + random.randint(-2, 3, 4), classes[at]
        else:
            box, category = boxes(1)[0], random.choice([2, 5, 6, 9])
        detections.append({
            "image_id": images[-1]["id"], "category_id": int(category),
            "bbox": [*box[:2].tolist(), max(1.0, box[2]), max(1.0, box[3])], "score": round(random.rand(), 1),
        })
random.shuffle(detections)

truth_file, found_file = folder / "crowds-ground-truth.json", folder / "crowds-detections.json"
truth_file.write_text(json.dumps({"images": images, "categories": categories, "annotations": annotations}))
found_file.write_text(json.dumps(detections))
with contextlib.redirect_stdout(io.StringIO()):
    truth = COCO(str(truth_file))
    scores = COCOeval(truth, truth.loadRes(str(found_file)), "bbox")
    scores.evaluate()
    scores.accumulate()
    scores.summarize()
precision = scores.eval["precision"][:, :, :, 0, 2]
per_category = {str(id): float(precision[:, :, at].mean()) for at, id in enumerate(scores.params.catIds)}
expected = {
    "source": "pycocotools 2.0.11 COCOeval bbox",
    "stats": dict(zip(names, map(float, scores.stats))),
    "perCategoryAP": per_category,
}
(folder / "crowds-expected.json").write_text(json.dumps(expected, indent=1) + "\n")
