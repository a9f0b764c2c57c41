/** A document as it may be when parts of it are missing or were taken out because they are wrong. */
export type Partially<T> = T extends string | number | boolean
  ? T
  : T extends readonly (infer Entry)[]
    ? readonly (Partially<Entry> | null)[]
    : { readonly [Name in keyof T]?: Partially<T[Name]> | undefined };
