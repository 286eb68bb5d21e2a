-- The words of the code and of the field: a chat's next send slot, throughput, digest snapshots, duplicates.

ALTER TABLE turns RENAME TO send_slots;
ALTER TABLE send_slots RENAME COLUMN ready_at TO next_send_at;
DROP INDEX turns_next;
CREATE INDEX send_slots_next ON send_slots (lane, next_send_at);

ALTER TABLE tempo RENAME TO throughput;

ALTER TABLE articles RENAME COLUMN copy_of TO duplicate_of;

ALTER TABLE editions RENAME TO digest_snapshots;
ALTER TABLE edition_articles RENAME TO digest_snapshot_articles;
ALTER TABLE digest_snapshot_articles RENAME COLUMN edition TO snapshot_id;
ALTER TABLE corrections RENAME COLUMN edition TO snapshot_id;
ALTER TABLE deliveries RENAME COLUMN edition TO snapshot_id;
DROP INDEX deliveries_of_edition;
CREATE INDEX deliveries_of_snapshot ON deliveries (snapshot_id) WHERE snapshot_id IS NOT NULL;
