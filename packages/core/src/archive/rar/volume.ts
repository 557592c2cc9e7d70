/** The two formats that go by the name of RAR: what RAR 1.5 to 4 write, and RAR 5.0 with all that came after. */
export type RarFormat = 'rar4' | 'rar5';

/** How the data of a member is encrypted: one chain of AES over all its pieces, which may break off anywhere. */
export interface RarEncryption {
  /** Salt of the key in hexadecimal: the same in all volumes a member goes through. Empty when there is none. */
  readonly salt: string;
  /** 16 bytes in RAR 4, 32 in RAR 5. Absent where a piece goes on from the volume before, or carries a refusal. */
  readonly key?: Uint8Array | undefined;
  /** 16 bytes; absent where the key is. */
  readonly iv?: Uint8Array | undefined;
  /** Whether the archive proved the password right. RAR 4 cannot, unless its headers are encrypted as well. */
  readonly isProven: boolean;
}

/** How the data of a member is packed. */
export interface RarMethod {
  readonly isStored: boolean;
  /** Version, method and dictionary in words: "RAR 5, normal compression, 1 MiB dictionary". */
  readonly name: string;
}

/** Where a member of RAR 5 points to, instead of having data. */
export interface RarTarget {
  /** `link`: symbolic link or junction. `same`: hard link to, or copy of, a member that came before. */
  readonly kind: 'link' | 'same';
  /** Path as the archive gives it. Untrusted. */
  readonly path: string;
  /** Where the bytes of the path are in the volume, or in its decrypted header. */
  readonly start: number;
  readonly end: number;
  /** The header they are in, where headers are encrypted: `start` and `end` count from its beginning. */
  readonly header?: { readonly start: number; readonly end: number; readonly key: Uint8Array; readonly iv: Uint8Array };
}

/** A member, or the part of it that is in one volume, as its header describes it. */
export interface RarPiece {
  /** Path as the archive gives it, `/` between the parts. Untrusted. */
  readonly path: string;
  readonly kind: 'file' | 'folder' | 'link';
  /** Size of the whole member in bytes; `undefined` when it was not known when it was packed. */
  readonly unpackedSize: number | undefined;
  /** Its data in this volume: bytes `[start, end)`. */
  readonly start: number;
  readonly end: number;
  readonly continuesFromPrevious: boolean;
  readonly continuesInNext: boolean;
  readonly method: RarMethod;
  /** Whether unpacking it needs what was unpacked before. */
  readonly isSolid: boolean;
  readonly encryption?: RarEncryption | undefined;
  /** CRC-32 of the whole member, in its last piece. Absent where it is keyed by the password. */
  readonly crc32?: number | undefined;
  /** BLAKE2sp of the whole member (32 bytes), in its last piece. Absent where it is keyed by the password. */
  readonly blake2?: Uint8Array | undefined;
  /** When it was changed, in milliseconds since 1970. Local times of RAR 4 are taken for UTC. */
  readonly modifiedMs?: number | undefined;
  readonly target?: RarTarget | undefined;
  /** Why its bytes cannot be had, as far as this header alone tells. */
  readonly refusal?: Error | undefined;
}

/** What the headers of one volume say, as plain data. */
export interface RarVolume {
  readonly format: RarFormat;
  /** Bytes of the volume. */
  readonly size: number;
  /** Where the archive begins: behind the program that unpacks it, else 0. */
  readonly offset: number;
  /** Its place in the set, counted from 0; `undefined` where no header that was read gives it. */
  readonly number: number | undefined;
  /** Whether it begins a set: no volume is before it. */
  readonly isFirst: boolean;
  /** Whether it is part of a set of volumes. */
  readonly isPartOfSet: boolean;
  /** Whether another follows; `undefined` when nothing that was read says so. */
  readonly hasNext: boolean | undefined;
  /** Whether the archive is solid. */
  readonly isSolid: boolean;
  /** Whether headers are encrypted. */
  readonly hasEncryptedHeaders: boolean;
  /** Bytes of the main header, without what encryption fills it up with. */
  readonly mainHeaderBytes: number;
  /** Where the first block behind the main header begins. */
  readonly blocksStart: number;
  /** Its members or parts of members, in order. */
  readonly pieces: readonly RarPiece[];
  /** What was odd and tolerated. */
  readonly warnings: readonly string[];
  /** Whether this was never read, but follows from the volumes around it. */
  readonly isPredicted?: boolean | undefined;
}
