/** The task's id. */
export const detectionId = "detection";

/** Kinds of output that a detector may have: a head's grid of cells, or rows of boxes that are decoded already. */
export const cellsKind = "cells";
export const rowsKind = "rows";

/** Numbers of a row, or of an anchor of a cell, before those of the classes: four of the box, and objectness. */
export const boxNumbers = 5;
