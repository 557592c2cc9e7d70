import { ArchiveUnsupportedError } from '../errors/index.js';
import { concat } from '../files/concat.js';
import { decryptSource } from '../files/decrypt-source.js';
import { slice } from '../files/slice.js';
import type { ByteSource } from '../model/byte-source.js';
import type { ByteRecipe } from './byte-recipe.js';

/**
 * The bytes a recipe speaks of. Nothing is read or unpacked before somebody reads.
 * @param volume gives the volumes by number
 * @throws RangeInvalidError when a volume is smaller than the recipe takes it for
 */
export function recipeSource(recipe: ByteRecipe, volume: (index: number) => ByteSource): ByteSource {
  switch (recipe.from) {
    case 'volume':
      return slice(volume(recipe.volume), recipe);
    case 'join':
      return concat(recipe.parts.map((part) => recipeSource(part, volume)));
    case 'slice':
      return slice(recipeSource(recipe.of, volume), recipe);
    case 'aes-cbc':
      return decryptSource(recipeSource(recipe.of, volume), recipe);
    case 'codec':
      throw new ArchiveUnsupportedError({
        format: recipe.codec.method,
        reason: 'compressed',
        message: `What is packed by ${recipe.codec.method} cannot be read`,
      });
  }
}
