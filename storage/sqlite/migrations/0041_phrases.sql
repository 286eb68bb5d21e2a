-- Phrases are compared without articles and a leading "and", and a phrase may have several forms: the phrase of each
-- word query that chats follow becomes a list of one form. Forms with clitics are found for new subjects only, since
-- they need stems that only the program knows.
CREATE TEMPORARY TABLE phrases (written TEXT PRIMARY KEY, form TEXT NOT NULL);
INSERT OR IGNORE INTO phrases (written, form)
WITH terms (written) AS (
    SELECT json_extract(term.value, '$[2]') FROM subjects, json_each(subjects.query, '$.terms') AS term
    UNION SELECT json_extract(term.value, '$[2]') FROM subjects, json_each(subjects.query, '$.without') AS term),
words (written, place, word) AS (
    SELECT terms.written, word.key, word.value
    FROM terms, json_each('["' || replace(trim(terms.written), ' ', '","') || '"]') AS word
    WHERE terms.written <> ''),
bare (written, place, word) AS (
    SELECT written, place, CASE
        WHEN substr(word, 1, 4) = 'وبال' AND length(word) >= 7 THEN substr(word, 5)
        WHEN substr(word, 1, 3) IN ('وال', 'بال', 'كال', 'فال', 'ولل') AND length(word) >= 6 THEN substr(word, 4)
        WHEN substr(word, 1, 2) IN ('لل', 'ال') AND length(word) >= 5 THEN substr(word, 3)
        ELSE word END
    FROM words)
SELECT written, json_array(' ' || group_concat(word, ' ') || ' ') FROM (
    SELECT written, CASE WHEN substr(word, 1, 1) = 'و' AND length(word) > 4 THEN substr(word, 2) ELSE word END AS word
    FROM bare ORDER BY written, place)
GROUP BY written;
UPDATE subjects SET query = json_set(query,
    '$.terms', json((
        SELECT json_group_array(json_array(json_extract(term.value, '$[0]'), json(json_extract(term.value, '$[1]')),
            json(coalesce((SELECT form FROM phrases WHERE written = json_extract(term.value, '$[2]')), '[]'))))
        FROM json_each(subjects.query, '$.terms') AS term)),
    '$.without', json((
        SELECT json_group_array(json_array(json_extract(term.value, '$[0]'), json(json_extract(term.value, '$[1]')),
            json(coalesce((SELECT form FROM phrases WHERE written = json_extract(term.value, '$[2]')), '[]'))))
        FROM json_each(subjects.query, '$.without') AS term)))
WHERE query IS NOT NULL;
DROP TABLE phrases;
-- The conditions that hold a phrase: an article is compared with the whole query instead.
UPDATE subject_stems SET conditions = '?'
WHERE (char(10) || conditions) GLOB ('*' || char(10) || '[=!]*');
