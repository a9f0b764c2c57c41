/**
 * The property that holds an element of the WCO vocabularies: its local name with the leading run of capitals in small
 * letters, the last of them aside where a word begins with it: `ID` → `id`, `FunctionCode` → `functionCode`,
 * `LPCOExemptionCode` → `lpcoExemptionCode`.
 */
export function propertyOfElement(local: string): string {
  return local.replace(/^(?:[A-Z]+(?=[A-Z][a-z]|$)|[A-Z])/, (run) => run.toLowerCase());
}
