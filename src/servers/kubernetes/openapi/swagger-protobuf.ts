import { messageField, textField } from '../protobuf/write.ts';
import type { Swagger, SwaggerSchema } from './swagger.ts';

/**
 * The document as client-go asks for it: the message `openapi.v2.Document` of gnostic (OpenAPIv2.proto), whose numbers of
 * fields stand here.
 */
export function encodeSwagger({ swagger, info, definitions }: Swagger): Buffer {
  return Buffer.concat([
    textField(1, swagger),
    messageField(2, [textField(1, info.title), textField(2, info.version)]),
    messageField(8, []),
    messageField(9, named(1, definitions)),
  ]);
}

function named(field: number, schemas: Readonly<Record<string, SwaggerSchema>>): Buffer[] {
  return Object.entries(schemas).map(([name, schema]) =>
    messageField(field, [textField(1, name), messageField(2, encodeSchema(schema))]),
  );
}

function encodeSchema(schema: SwaggerSchema): Buffer[] {
  const { $ref, type, format, description, required = [], properties, additionalProperties, items } = schema;
  const extensions = Object.entries(schema).filter(([key]) => key.startsWith('x-kubernetes-'));
  return [
    ...($ref === undefined ? [] : [textField(1, $ref)]),
    ...(format === undefined ? [] : [textField(2, format)]),
    ...(description === undefined ? [] : [textField(4, description)]),
    ...required.map((name) => textField(19, name)),
    ...(additionalProperties === undefined
      ? []
      : [messageField(21, [messageField(1, encodeSchema(additionalProperties))])]),
    ...(type === undefined ? [] : [messageField(22, [textField(1, type)])]),
    ...(items === undefined ? [] : [messageField(23, [messageField(1, encodeSchema(items))])]),
    ...(properties === undefined ? [] : [messageField(25, named(1, properties))]),
    // Any value as YAML, of which JSON is a part.
    ...extensions.map(([name, value]) =>
      messageField(31, [textField(1, name), messageField(2, [textField(2, JSON.stringify(value))])]),
    ),
  ];
}
