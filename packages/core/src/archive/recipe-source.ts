import { concat } from '../files/concat.js';
import { decryptSource } from '../files/decrypt-source.js';
import { slice } from '../files/slice.js';
import type { ByteSource } from '../model/byte-source.js';
import type { ByteRecipe, CodecRecipe } from './byte-recipe.js';

/** What recipes are made of. */
export interface RecipeParts {
  /** Gives the volumes by number. */
  readonly volume: (index: number) => ByteSource;
  /** Unpacks. @param packed makes the source of the packed bytes */
  readonly unpacked: (recipe: CodecRecipe, packed: () => ByteSource) => ByteSource;
}

/**
 * The bytes a recipe speaks of. Nothing is read or unpacked before somebody reads.
 * @throws RangeInvalidError when a volume is smaller than the recipe takes it for
 */
export function recipeSource(recipe: ByteRecipe, parts: RecipeParts): ByteSource {
  switch (recipe.from) {
    case 'volume':
      return slice(parts.volume(recipe.volume), recipe);
    case 'join':
      return concat(recipe.parts.map((part) => recipeSource(part, parts)));
    case 'slice':
      return slice(recipeSource(recipe.of, parts), recipe);
    case 'aes-cbc':
      return decryptSource(recipeSource(recipe.of, parts), recipe);
    case 'codec':
      return parts.unpacked(recipe, () => recipeSource(recipe.of, parts));
  }
}
