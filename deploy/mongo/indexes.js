// The audit database's indexes, made by an administrator, since the service's own user may not; run before its first start:
//   mongosh "$ADMIN_URI" indexes.js
// The other services make their own indexes when they start.

const audit = db.getSiblingDB("audit");

// What makes an event appear in the log once, however often it was told.
audit.entries.createIndex({ dedup: 1 }, { unique: true });
// Makes `bowchat-audit events --subject` fast on a long log.
audit.entries.createIndex({ subjects: 1 });
// Tells the service that the unique index is there; without it, it does not start.
audit.marks.updateOne({ _id: "indexes-1" }, { $setOnInsert: {} }, { upsert: true });
