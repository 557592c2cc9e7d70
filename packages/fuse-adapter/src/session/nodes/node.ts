/** Something of the catalog the kernel knows by a number, for as long as it does. */
export interface Node {
  /** The number. Given once and never again. */
  readonly id: number;
  /** Inode number people see. */
  readonly inode: number;
  /** See `Entry.id`. */
  readonly entryId: string;
  readonly kind: 'file' | 'folder';
  /** Its name in `parent`. */
  name: string;
  /** Folder it is in; `undefined` for the root and for what is no longer in the catalog. */
  parent: Node | undefined;
  /** What the kernel knows of what is in it, by name. */
  readonly children: Map<string, Node>;
  /** How many lookups of it the kernel has not forgotten yet. */
  lookups: number;
  /** ETag of the bytes the kernel may have pages of; `undefined`: it has none. */
  cachedEtag: string | undefined;
  /** Whether it may have pages that are wrong or were never filled. */
  hasBadPages: boolean;
  /** Reads of it that wait for their bytes: the kernel holds the locks of their pages. */
  reads: number;
  /** Whether bytes of it were answered that turned out wrong: no more of it is answered before it is verified. */
  isMistrusted: boolean;
  /** Whether a listing of it the kernel may keep is still right. */
  listingKept: boolean;
  /** Requests under way that hold the kernel's lock on this folder. */
  locks: number;
}
