/** COCO's 80 classes in the order of their ids, as detectors that were trained on it give them. */
export const cocoNames: readonly string[] =
  "person,bicycle,car,motorcycle,airplane,bus,train,truck,boat,traffic light,fire hydrant,stop sign,parking meter,bench,bird,cat,dog,horse,sheep,cow,elephant,bear,zebra,giraffe,backpack,umbrella,handbag,tie,suitcase,frisbee,skis,snowboard,sports ball,kite,baseball bat,baseball glove,skateboard,surfboard,tennis racket,bottle,wine glass,cup,fork,knife,spoon,bowl,banana,apple,sandwich,orange,broccoli,carrot,hot dog,pizza,donut,cake,chair,couch,potted plant,bed,dining table,toilet,tv,laptop,mouse,remote,keyboard,cell phone,microwave,oven,toaster,sink,refrigerator,book,clock,vase,scissors,teddy bear,hair drier,toothbrush".split(
    ",",
  );

/** Pascal VOC's 20 classes in their order. */
export const vocNames: readonly string[] =
  "aeroplane,bicycle,bird,boat,bottle,bus,car,cat,chair,cow,diningtable,dog,horse,motorbike,person,pottedplant,sheep,sofa,train,tvmonitor".split(
    ",",
  );

/** The classes of a well-known data set by their number, for detectors that nothing names the classes of. */
export function knownClasses(count: number): { readonly names: readonly string[]; readonly of: string } | undefined {
  if (count === cocoNames.length) return { names: cocoNames, of: "COCO" };
  return count === vocNames.length ? { names: vocNames, of: "Pascal VOC" } : undefined;
}
