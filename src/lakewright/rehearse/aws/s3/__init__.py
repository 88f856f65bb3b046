"""S3 over the object store: REST in XML, bodies streamed, objects guarded by their owner."""
