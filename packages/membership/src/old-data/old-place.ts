/** Where an earlier life of this server left something. */
export interface OldPlace {
  path: string;
  /** A directory stays, empty, with its owner and mode: the deb made it, or the next life writes into it. */
  kind: 'directory' | 'file' | 'link';
}
