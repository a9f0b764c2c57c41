/** How the cases of one figure stand; times are numbers of one unit, whichever, and may be negative. */
export interface Observations {
  /** Durations of the cases that ended, ascending. */
  readonly ended: Float64Array;
  /** Ages of the cases that are still open, ascending. */
  readonly open: Float64Array;
  /** Durations up to the competing event, after which the end cannot come, ascending. */
  readonly competing: Float64Array;
}

/** Puts durations in order; the arrays given may be reused. */
export function observe(durations: { readonly [kind in keyof Observations]: ArrayLike<number> }): Observations {
  const ordered = (values: ArrayLike<number>): Float64Array => Float64Array.from(values).sort();
  return {
    ended: ordered(durations.ended),
    open: ordered(durations.open),
    competing: ordered(durations.competing),
  };
}

/** All cases of several groups as one group. */
export function pool(groups: readonly Observations[]): Observations {
  const joined = (kind: keyof Observations): Float64Array => {
    const all = new Float64Array(groups.reduce((sum, group) => sum + group[kind].length, 0));
    let position = 0;
    for (const group of groups) {
      all.set(group[kind], position);
      position += group[kind].length;
    }
    return all.sort();
  };
  return { ended: joined('ended'), open: joined('open'), competing: joined('competing') };
}

/** How many cases there are: ended, open and met by the competing event. */
export function countOf({ ended, open, competing }: Observations): number {
  return ended.length + open.length + competing.length;
}
