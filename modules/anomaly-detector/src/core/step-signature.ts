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
  readonly surprise: readonly number[];
  readonly level: readonly number[];
  readonly slope: readonly number[];
}

/** What all trackers of a shape share. */
export interface TrackerKind {
  readonly shape: TrackerShape;
  readonly response: StepResponse;
  /** As long as nothing is known of the surprises' correlation. */
  readonly signature: StepSignature;
}

/** Works out what all trackers of a shape share. */
export function trackerKind(shape: TrackerShape): TrackerKind {
  const response = stepResponse(shape);
  return { shape, response, signature: stepSignature(response.surprise, 0) };
}

/** Follows a step of 1 through a settled tracker. */
function stepResponse({ levelGain, slopeGain, reach }: TrackerShape): StepResponse {
  const response = { surprise: [0], level: [0], slope: [0] };
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
  readonly shape: readonly number[];
  /** Sum of squares of the shape up to and including this age. */
  readonly energy: readonly number[];
}

/** @param carry share of a surprise that is expected to come again in the next */
export function stepSignature(surprise: readonly number[], carry: number): StepSignature {
  const shape: number[] = [];
  const energy: number[] = [];
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
