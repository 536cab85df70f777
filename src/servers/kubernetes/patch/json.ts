import jsonPatch, { type Operation } from 'fast-json-patch';
import { ApiError, badRequest } from '../errors.ts';
import { cloneJson } from '../storage/json.ts';

const MOST_OPERATIONS = 10_000;

/**
 * Applies a JSON patch (RFC 6902); the document is not changed.
 * @throws ApiError `BadRequest` for what is no patch, `Invalid` for one that does not fit the document.
 */
export function applyJsonPatch<T extends object>(document: T, patch: unknown): T {
  if (!Array.isArray(patch)) throw badRequest('error decoding patch: a JSON patch is a list of operations');
  if (patch.length > MOST_OPERATIONS) {
    throw new ApiError(
      'RequestEntityTooLarge',
      `The allowed maximum operations in a JSON patch is ${MOST_OPERATIONS}, got ${patch.length}`,
    );
  }
  const problem = jsonPatch.validate(patch as Operation[]);
  if (problem !== undefined) throw badRequest(`error decoding patch: ${firstLine(problem.message)}`);
  try {
    return jsonPatch.applyPatch(cloneJson(document), patch as Operation[], true).newDocument;
  } catch (error) {
    throw new ApiError(
      'Invalid',
      `the server rejected our request due to an error in our request: ${firstLine((error as Error).message)}`,
    );
  }
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}
