/**
 * What a sudden step in a series leaves in the surprises of a tracker that follows its level and slope.
 *
 * A step is a surprise once in full; then the tracker follows, and the surprises fade in a way that its
 * gains alone decide. Looking for that shape finds a step which no single value betrays, and tells how
 * much of it the tracker has taken over, so that it can be corrected at once.
 *
 * Source: the generalized likelihood ratio test for jumps (Willsky and Jones, 1976), for Holt's linear
 * trend (exponential smoothing of level and slope).
 */

/** How fast a tracker follows, and how far back it looks for the beginning of a step. */
export interface TrackerShape {
  /** Share of a surprise that goes into the level, 0 to 1. */
  readonly levelGain: number;
  /** Share of a surprise that goes into the slope. */
  readonly slopeGain: number;
  /** Values back. */
  readonly reach: number;
}

/** Effects of a step of 1, by values since it began. */
export interface StepResponse {
  readonly surprise: Float64Array;
  readonly level: Float64Array;
  readonly slope: Float64Array;
}

/** Follows a step of 1 through a settled tracker. */
export function stepResponse({ levelGain, slopeGain, reach }: TrackerShape): StepResponse {
  const response = {
    surprise: new Float64Array(reach),
    level: new Float64Array(reach),
    slope: new Float64Array(reach),
  };
  let level = 0;
  let slope = 0;
  for (let age = 0; age < reach; age += 1) {
    const forecast = level + slope;
    const surprise = 1 - forecast;
    level = forecast + levelGain * surprise;
    slope += slopeGain * surprise;
    response.surprise[age] = surprise;
    response.level[age] = level;
    response.slope[age] = slope;
  }
  return response;
}

/** The shape of a step in surprises that were made independent, and its energy up to each age. */
export interface StepSignature {
  readonly shape: Float64Array;
  /** Sum of squares of the shape up to and including this age. */
  readonly energy: Float64Array;
}

/** @param carry share of a surprise that is expected to come again in the next */
export function stepSignature(surprise: Float64Array, carry: number): StepSignature {
  const shape = new Float64Array(surprise.length);
  const energy = new Float64Array(surprise.length);
  let sum = 0;
  let before = 0;
  for (const [age, value] of surprise.entries()) {
    const fresh = value - carry * before;
    sum += fresh * fresh;
    shape[age] = fresh;
    energy[age] = sum;
    before = value;
  }
  return { shape, energy };
}
