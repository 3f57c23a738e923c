/**
 * The seam between text and meaning. `load-document.ts` makes one of these from files, environment and flags;
 * `validate.ts`, `references.ts` and `resolve.ts` read it and answer with findings by JSON pointer. They never see YAML, lines or columns.
 */

/** One plain value that everything was merged into, and where its parts came from. */
export interface SettingsDocument {
  /**
   * Merged, overridden, interpolated and re-typed plain data: objects without prototype, arrays, strings, numbers, booleans and `null`
   * (an operator's `null` stays visible here: what it means is for the schema to say). Always an object, also where nothing was written.
   */
  readonly value: unknown

  /**
   * Returns the absolute folder that relative paths in the value at this pointer start from: the folder of the file that wrote it, or the
   * working directory for the environment and the command line. Where nothing is written at the pointer, its nearest ancestor counts; the
   * root is written by the first file.
   */
  directoryOf(pointer: string): string

  /** Tells whether the value at this pointer (or its nearest ancestor) was written by the operator, not downloaded. */
  isFromOperator(pointer: string): boolean
}
