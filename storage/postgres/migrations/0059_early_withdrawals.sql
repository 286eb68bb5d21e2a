-- Withdrawals of articles that had not come yet, so that an earlier version that comes later is not published.
CREATE TABLE early_withdrawals (
    key text COLLATE "C" NOT NULL,          -- the guid of the article, or its link if the withdrawal names no guid
    source_id bigint NOT NULL,              -- that withdrew it; 0: an import, which belongs to no source
    version bigint NOT NULL,                -- the publisher's number of the withdrawal
    came_at bigint NOT NULL,
    PRIMARY KEY (key, source_id)
);
CREATE INDEX early_withdrawals_oldest ON early_withdrawals (came_at);
