/** Result for one value. `score` is its p-value; NaN when the value was not usable. */
export type Verdict =
  | { readonly isAnomaly: false; readonly score: number }
  | {
      readonly isAnomaly: true;
      readonly score: number;
      readonly direction: 'spike' | 'dip';
      /** What was expected: degrees Fahrenheit, or the unit of the series. */
      readonly usual: number;
    };
