/** Name of the script that is written beside exported files. */
export const measureScriptName = "measure.py";

/**
 * Measures the latency of an exported ONNX or TFLite file where it will run, with numpy and that runtime alone, and writes
 * what it found as JSON. Of a folder of images it also computes the metric; Pillow reads them. It reads sizes from the file, so
 * that it is the same for all.
 */
export const measureScript = `#!/usr/bin/env python3
"""Measures how long model.onnx or model.tflite takes for one batch, and how good it is on a folder.

    python3 measure.py [--model FILE] [--threads 0] [--batch 1] [--runs 100] [--warm-up 10] [--out result.json]
    python3 measure.py --images photos/            # a folder for each class: top-1
    python3 measure.py --images photos/ --coco instances.json    # boxes: AP with pycocotools, else AP50

Needs numpy and onnxruntime, or for TFLite tflite-runtime, ai-edge-litert or tensorflow; for --images also Pillow.
"""
import argparse
import glob
import importlib
import json
import os
import platform
import statistics
import time

import numpy


def temperature():
    """Degrees Celsius of the hottest sensor that can be read, or None."""
    found = []
    for path in glob.glob("/sys/class/thermal/thermal_zone*/temp"):
        try:
            with open(path) as sensor:
                found.append(int(sensor.read()) / 1000)
        except (OSError, ValueError):
            pass
    return max(found) if found else None


class OnnxFile:
    """What ONNX Runtime runs; what the file says of itself stands in it."""

    def __init__(self, path, threads):
        import onnxruntime

        settings = onnxruntime.SessionOptions()
        settings.intra_op_num_threads = threads
        self.session = onnxruntime.InferenceSession(path, settings, providers=["CPUExecutionProvider"])
        (pixels,) = self.session.get_inputs()
        self.name, self.shape = pixels.name, pixels.shape
        self.outputs = [output.name for output in self.session.get_outputs()]
        self.runtime = "onnxruntime " + onnxruntime.__version__
        texts = self.session.get_modelmeta().custom_metadata_map
        own = ("input", "classNames", "fit")
        self.facts = {key: json.loads(texts[key]) if key in own else texts[key] for key in texts}

    def run(self, pixels):
        return dict(zip(self.outputs, self.session.run(None, {self.name: pixels})))


class TfliteFile:
    """What an interpreter of TFLite runs; what it is stands in export.json beside it."""

    def __init__(self, path, threads):
        interpreter, self.runtime = tflite_interpreter()
        opened = interpreter(path, num_threads=threads or None)
        (pixels,) = opened.get_input_details()
        self.shape = ["batch" if side == -1 else int(side) for side in pixels["shape_signature"]]
        self.runner = opened.get_signature_runner()
        (self.name,) = self.runner.get_input_details()
        self.facts = {}
        beside = os.path.join(os.path.dirname(os.path.abspath(path)), "export.json")
        if os.path.exists(beside):
            with open(beside) as file:
                self.facts = json.load(file)
            self.facts["fit"] = self.facts["input"].get("fit", "crop")

    def run(self, pixels):
        return self.runner(**{self.name: pixels})


def tflite_interpreter():
    """The first of the packages that is there, the smallest first."""
    for package, module in (("tflite_runtime", "interpreter"), ("ai_edge_litert", "interpreter"), ("tensorflow", "lite")):
        try:
            found = importlib.import_module(package)
            inside = found.lite if module == "lite" else importlib.import_module(package + "." + module)
            return inside.Interpreter, package + " " + getattr(found, "__version__", "")
        except ImportError:
            pass
    raise SystemExit("no interpreter of TFLite: pip install ai-edge-litert")


class Model:
    """The file, and how photos are brought to what it takes."""

    def __init__(self, path, threads):
        self.file = (TfliteFile if path.endswith(".tflite") else OnnxFile)(path, threads)
        self.input = self.file.facts.get("input", {})
        self.classes = self.file.facts.get("classNames", [])
        self.fit = self.file.facts.get("fit", "crop")

    def shape(self, batch):
        """Of random pixels: a photo of 640 by 480 where any will do."""
        sides = {"height": 480, "width": 640}
        return [side if isinstance(side, int) else sides.get(side, batch) for side in self.file.shape]

    def fitted(self, image):
        """Pixels of one image and how it lies on them: left, top, scale across, scale down."""
        from PIL import Image

        if self.input.get("height") == "any":
            return numpy.asarray(image)[None], (0, 0, 1, 1)
        width, height = self.input["width"], self.input["height"]
        if isinstance(self.fit, dict):
            scale = min(width / image.width, height / image.height)
            scale = scale if self.fit["enlarge"] else min(1, scale)
            whole = round if self.fit["rounding"] == "round" else (lambda side: int(side + 1e-9))
            shown = [max(1, whole(side * scale)) for side in image.size]
            small = image.resize(shown, Image.BILINEAR)
            canvas = Image.new("RGB", (width, height), (self.fit["fill"],) * 3)
            centred = self.fit["letterbox"] == "centre"
            left, top = [(side - own) // 2 if centred else 0 for side, own in zip((width, height), shown)]
            canvas.paste(small, (left, top))
            place = (left, top, shown[0] / image.width, shown[1] / image.height)
        elif self.fit == "crop":
            across = min(image.width, image.height * width / height)
            down = min(image.height, image.width * height / width)
            left, top = (image.width - across) / 2, (image.height - down) / 2
            canvas = image.resize((width, height), Image.BILINEAR, (left, top, left + across, top + down))
            place = (-left * width / across, -top * height / down, width / across, height / down)
        else:
            canvas = image.resize((width, height), Image.BILINEAR)
            place = (0, 0, width / image.width, height / image.height)
        pixels = numpy.asarray(canvas)
        if self.input.get("channels") == 1:
            pixels = numpy.floor(pixels @ numpy.array([0.299, 0.587, 0.114]) + 0.5).astype(numpy.uint8)[:, :, None]
        if self.input.get("layout") == "nchw":
            pixels = pixels.transpose(2, 0, 1)
        return pixels[None], place

    def answer(self, pixels):
        """Outputs by name for one image; the batch of a file that takes several is filled up with it."""
        count = self.file.shape[0]
        batch = numpy.repeat(pixels, count, 0) if isinstance(count, int) else pixels
        return {name: value[:1] for name, value in self.file.run(batch).items()}


def opened(path):
    from PIL import Image, ImageOps

    return ImageOps.exif_transpose(Image.open(path)).convert("RGB")


def top1(model, folder):
    """Share of images whose surest class is the folder that they lie in."""
    right = count = 0
    for label, name in enumerate(model.classes):
        for path in sorted(glob.glob(os.path.join(glob.escape(os.path.join(folder, name)), "*"))):
            logits = model.answer(model.fitted(opened(path))[0])["logits"]
            right += int(logits.argmax() == label)
            count += 1
    if count == 0:
        raise SystemExit("no images: --images needs a folder for each class: " + ", ".join(model.classes[:5]))
    return {"name": "top1", "value": right / count, "images": count}


def overlaps(box, boxes):
    """IoU of one box with others; left, top, right, bottom."""
    sides = numpy.minimum(box[2:], boxes[:, 2:]) - numpy.maximum(box[:2], boxes[:, :2])
    shared = sides.clip(0).prod(1)
    return shared / ((box[2:] - box[:2]).prod() + (boxes[:, 2:] - boxes[:, :2]).prod(1) - shared).clip(1e-9)


def detections(model, image):
    """Rows of (class, score, left, top, right, bottom) in pixels of the image."""
    pixels, (left, top, across, down) = model.fitted(image)
    answers = model.answer(pixels)
    if "boxes" not in answers:
        raise SystemExit("the file gives raw cells: export it with boxes: decoded or boxes: nms")
    limits = numpy.array([image.width, image.height] * 2)
    boxes = (answers["boxes"][0] - [left, top, left, top]) / [across, down, across, down]
    boxes = boxes.clip(0, limits)
    scores = answers["scores"][0]
    if "classes" in answers:
        rows = zip(answers["classes"][0], scores, boxes)
        return [(int(label), float(score), *map(float, box)) for label, score, box in rows if label >= 0]
    found = []
    for label in range(scores.shape[1]):
        order = numpy.argsort(-scores[:, label], kind="stable")
        order = order[scores[order, label] > 0.001]
        kept = []
        for row in order:
            if not kept or overlaps(boxes[row], boxes[kept]).max() <= 0.65:
                kept.append(row)
            if len(kept) == 300:
                break
        found += [(label, float(scores[row, label]), *map(float, boxes[row])) for row in kept]
    return sorted(found, key=lambda row: -row[1])[:300]


def average_precision(found, truth):
    """AP at IoU 0.5 of one class at 101 recalls; found: (image, score, box), truth: boxes by image."""
    count = sum(map(len, truth.values()))
    taken, hits = set(), []
    for image, _, box in sorted(found, key=lambda row: -row[1]):
        ious = overlaps(box, truth[image]) if image in truth else numpy.zeros(0)
        free = [at for at in numpy.argsort(-ious) if ious[at] >= 0.5 and (image, at) not in taken]
        taken.update((image, at) for at in free[:1])
        hits.append(bool(free))
    right = numpy.cumsum(hits)
    precision = right / numpy.arange(1, len(hits) + 1)
    best = numpy.maximum.accumulate(precision[::-1])[::-1]
    places = numpy.searchsorted(right / count, numpy.linspace(0, 1, 101) - 1e-12)
    return float(numpy.append(best, 0)[numpy.minimum(places, len(hits))].mean())


def box_scores(model, folder, path):
    """AP of pycocotools where that is there, else AP50 without crowds."""
    with open(path) as file:
        truth = json.load(file)
    ids = {category["name"]: category["id"] for category in truth["categories"]}
    missing = [name for name in model.classes if name not in ids]
    if missing:
        raise SystemExit("the annotations do not know the classes " + ", ".join(missing[:5]))
    results = []
    for image in truth["images"]:
        for label, score, left, top, right, bottom in detections(model, opened(os.path.join(folder, image["file_name"]))):
            box = [left, top, right - left, bottom - top]
            row = {"image_id": image["id"], "category_id": ids[model.classes[label]], "bbox": box, "score": score}
            results.append(row)
    images = len(truth["images"])
    try:
        from pycocotools.coco import COCO
        from pycocotools.cocoeval import COCOeval
    except ImportError:
        COCO = None
    if COCO and results:
        known = COCO(path)
        scoring = COCOeval(known, known.loadRes(results), "bbox")
        scoring.params.catIds = sorted(ids[name] for name in model.classes)
        scoring.evaluate()
        scoring.accumulate()
        scoring.summarize()
        return {"name": "AP", "value": float(scoring.stats[0]), "images": images}
    values = []
    corners = lambda box: numpy.array([box[0], box[1], box[0] + box[2], box[1] + box[3]])
    for name in model.classes:
        boxes = {}
        for row in truth["annotations"]:
            if row["category_id"] == ids[name] and not row.get("iscrowd"):
                boxes.setdefault(row["image_id"], []).append(corners(row["bbox"]))
        if boxes:
            own = [row for row in results if row["category_id"] == ids[name]]
            found = [(row["image_id"], row["score"], corners(row["bbox"])) for row in own]
            values.append(average_precision(found, {image: numpy.stack(rows) for image, rows in boxes.items()}) if found else 0.0)
    return {"name": "AP50", "value": float(numpy.mean(values)) if values else -1.0, "images": images}


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    beside = sorted(glob.glob(os.path.join(glob.escape(here), "model.onnx")) + glob.glob(os.path.join(glob.escape(here), "model.tflite")))
    parser = argparse.ArgumentParser(description="Measures the latency of an ONNX or TFLite file, and its metric on a folder.")
    parser.add_argument("--model", default=beside[0] if beside else None, required=not beside)
    parser.add_argument("--threads", type=int, default=0, help="0: as many as the runtime takes")
    parser.add_argument("--batch", type=int, default=1, help="images at a time, where the file leaves it free")
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--warm-up", type=int, default=10)
    parser.add_argument("--images", help="a folder with one of images for each class, or with those of --coco")
    parser.add_argument("--coco", help="boxes of the images, in COCO's instances form")
    parser.add_argument("--out", default="result.json")
    options = parser.parse_args()

    model = Model(options.model, options.threads)
    if options.images and not model.input:
        raise SystemExit("--images needs to know classes and input: put export.json beside " + options.model)
    shape = model.shape(options.batch)
    images = numpy.random.default_rng(0).integers(0, 256, shape, dtype=numpy.uint8)

    before = temperature()
    times = []
    for run in range(-options.warm_up, options.runs):
        start = time.perf_counter()
        model.file.run(images)
        if run >= 0:
            times.append((time.perf_counter() - start) * 1000)
    after = temperature()

    metric = None
    if options.images:
        metric = box_scores(model, options.images, options.coco) if options.coco else top1(model, options.images)
    quantiles = numpy.quantile(times, [0.1, 0.9])
    result = {
        "format": "kdflow-board-1",
        "modelDigest": model.file.facts.get("modelDigest"),
        "runtime": model.file.runtime,
        "machine": platform.machine(),
        "system": platform.platform(),
        "threads": options.threads,
        "batch": shape[0],
        "runs": options.runs,
        "warmUp": options.warm_up,
        "latencyMs": {
            "median": statistics.median(times),
            "p10": float(quantiles[0]),
            "p90": float(quantiles[1]),
        },
        "temperatureC": {"before": before, "after": after},
        "metric": metric,
    }
    with open(options.out, "w") as file:
        json.dump(result, file, indent=2)
        file.write("\\n")
    print("%.3f ms for a batch of %d, median of %d" % (result["latencyMs"]["median"], shape[0], options.runs))
    if metric:
        print("%s %.4f on %d images" % (metric["name"], metric["value"], metric["images"]))


if __name__ == "__main__":
    main()
`;
