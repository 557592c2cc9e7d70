/** How packed bytes become unpacked ones, as plain data. */
export interface Codec {
  /** The method. `unsupported` never occurs in a recipe: such members carry a refusal. */
  readonly method: 'deflate' | 'deflate64' | 'lzma' | 'lzma2' | 'bzip2' | 'ppmd' | 'zstd';
  /** What the decoder has to know beside the bytes (7z: the coder's properties). */
  readonly properties?: Uint8Array | undefined;
}
