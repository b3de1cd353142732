/** A checkpoint that is published under an address that does not change. */
export interface KnownCheckpoint {
  readonly url: string;
  /**
   * The first digits of the file's SHA-256, 64 where all are known. torchvision publishes eight or ten, in the names of
   * its files.
   */
  readonly sha256: string;
  readonly licence: string;
}

const torchvisionFiles = {
  mobilenet_v2: "mobilenet_v2-7ebf99e0.pth",
  "mobilenet_v2.v1": "mobilenet_v2-b0353104.pth",
  mobilenet_v3_small: "mobilenet_v3_small-047dcff4.pth",
  mobilenet_v3_large: "mobilenet_v3_large-5c1a4163.pth",
  "mobilenet_v3_large.v1": "mobilenet_v3_large-8738ca79.pth",
  shufflenet_v2_x0_5: "shufflenetv2_x0.5-f707e7126e.pth",
  shufflenet_v2_x1_0: "shufflenetv2_x1-5666bf0f80.pth",
  shufflenet_v2_x1_5: "shufflenetv2_x1_5-3c479a10.pth",
  shufflenet_v2_x2_0: "shufflenetv2_x2_0-8be3c8ee.pth",
  resnet18: "resnet18-f37072fd.pth",
  resnet34: "resnet34-b627a593.pth",
  resnet50: "resnet50-11ad3fa6.pth",
  "resnet50.v1": "resnet50-0676ba61.pth",
} as const;

const torchvision = Object.entries(torchvisionFiles).map(([name, file]): [string, KnownCheckpoint] => [
  `torchvision/${name}`,
  {
    url: `https://download.pytorch.org/models/${file}`,
    sha256: file.slice(file.lastIndexOf("-") + 1, -".pth".length),
    licence: "code BSD-3-Clause; none stated for the weights, trained on ImageNet",
  },
]);

/** At the commit whose files were read. */
const cifarFolder =
  "https://raw.githubusercontent.com/akamaster/pytorch_resnet_cifar10/d5489e8995e81e91ce6b1d69dcc98ad579b0b153/pretrained_models";
const cifarLicence = "BSD-2-Clause";

/** Checkpoints by the names that `weights` takes; docs/weights.md has the same table. */
export const knownCheckpoints: ReadonlyMap<string, KnownCheckpoint> = new Map([
  ...torchvision,
  [
    "cifar10/resnet20",
    {
      url: `${cifarFolder}/resnet20-12fca82f.th`,
      sha256: "12fca82f0bebc4135bf1f32f6e3710e61d5108578464b84fd6d7f5c1b04036c8",
      licence: cifarLicence,
    },
  ],
  [
    "cifar10/resnet56",
    {
      url: `${cifarFolder}/resnet56-4bfd9763.th`,
      sha256: "4bfd97631478d6b638d2764fd2baff3edb1d7d82252d54439343b6596b9b5367",
      licence: cifarLicence,
    },
  ],
  [
    "retinaface/mobilenet_v1_025",
    {
      url: "https://raw.githubusercontent.com/yakhyo/retinaface-pytorch/4cd6e3471e5bac794637290a530566f463db4762/weights/mobilenetv1_025.pretrained",
      sha256: "7d1a21e4b861a99f0562da150026ff84e7b69afa7d76b5ffaa28c3c4d002b76c",
      licence: "MIT; trained on ImageNet",
    },
  ],
]);
