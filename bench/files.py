"""The files that are measured: the same rows and the same bytes each time, from ``hash()`` of a
row's number and never from ``random()``.

API requests, in every format of the default layout and as an access log. What they hold decides
what landing costs (it hashes keys and addresses), so these are the cardinalities:

    request_id      one per row
    requested_at    rises through 28 days, with up to 2 seconds of jitter; milliseconds
    token           5,000 keys; the share of the k-th falls as 1/k (Zipf), the first has 8 %
    client_ip       1 to 4 addresses of each token, 12,400 in all
    user_agent      20; a token has two of them, one for nine of ten requests
    endpoint        60 (30 resources, each a list and an item), of 5 APIs, with 5 methods
    path            the endpoint with one of 100,000 ids, or with one of 8,000 query strings
    status_code     9; 92 % are successes
    environment     production, and sandbox for one token in ten
    latency_ms      37,500 values
    client_country  25, one for each token
    application_id  one for each token, missing for one token in eight

14 columns, 440 bytes a row as JSON, 245 as CSV, 165 as access log.

AWS CloudTrail: documents of 250 records, 1,350 bytes each before compression, as AWS delivers them
in folders of account, region and day: 500 access keys (Zipf again) of 60 users, 1 to 4 addresses a
key, 5 operations of each of 8 services in 4 regions, one in ten refused, one in a thousand a new
access key.
"""

from __future__ import annotations

import gzip
import hashlib
import itertools
import json
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

import duckdb

from bench.measure import measure
from orchestration.landing.secrets import literal

TOKENS = 5_000
ACCESS_KEYS = 500
RECORDS_PER_DOCUMENT = 250
DAYS = 28
_FIRST_DAY = 1_748_822_400_000_000  # 2025-06-02 00:00 UTC, in microseconds
# Generating is not measured, and leaves the rest to the system's cache of the files.
_MEMORY_LIMIT = "2GB"

REQUESTS_FOLDER = "landing/api_gateway/api_requests"
CLOUDTRAIL_FOLDER = "landing/cloudtrail/AWSLogs"

_RESOURCES = (
    "orders", "invoices", "customers", "products", "payments", "refunds", "shipments", "carts",
    "coupons", "prices", "subscriptions", "plans", "taxes", "disputes", "payouts", "balances",
    "transfers", "webhooks", "events", "files", "reports", "users", "teams", "projects",
    "messages", "channels", "contacts", "tickets", "tags", "locations",
)  # fmt: skip
_APIS = ("commerce", "billing", "payments", "platform", "messaging")
_METHODS = ("GET", "GET", "GET", "PUT", "PATCH", "DELETE")
_STATUSES = (
    (404, 30), (400, 15), (429, 10), (401, 10), (422, 6), (500, 5), (403, 4),
)  # fmt: skip
_USER_AGENTS = (
    "northstar-python/2.4.1 (python 3.11.7; linux x86_64)",
    "northstar-python/2.3.0 (python 3.10.12; linux x86_64)",
    "northstar-python/1.9.4 (python 3.8.10; darwin arm64)",
    "northstar-node/5.0.2 (node v20.11.0; linux)",
    "northstar-node/4.7.1 (node v18.19.0; linux)",
    "northstar-java/3.2.0 (openjdk 17.0.9; linux amd64)",
    "northstar-go/1.12.3 (go1.21.5; linux/amd64)",
    "northstar-ruby/6.1.0 (ruby 3.2.2; x86_64-linux)",
    "northstar-php/7.0.1 (php 8.2.14; linux)",
    "northstar-dotnet/2.2.5 (net 8.0; windows 10.0.20348)",
    "python-requests/2.31.0",
    "axios/1.6.2",
    "okhttp/4.12.0",
    "Go-http-client/2.0",
    "curl/8.4.0",
    "PostmanRuntime/7.36.0",
    "Apache-HttpClient/4.5.14 (Java/17.0.9)",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/120.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/17.2 Safari/605.1.15",
    "Mozilla/5.0 (X11; Linux x86_64; rv:121.0) Gecko/20100101 Firefox/121.0",
)
_COUNTRIES = (
    "US", "DE", "GB", "IN", "FR", "BR", "CA", "NL", "JP", "AU", "ES", "PL", "SE", "IT", "CH",
    "SG", "MX", "KR", "IE", "IL", "UA", "AT", "DK", "FI", "ZA",
)  # fmt: skip

_SERVICES = ("s3", "ec2", "lambda", "dynamodb", "sqs", "kms", "iam", "monitoring")
_OPERATIONS = ("ListThings", "DescribeThing", "GetThing", "PutThing", "DeleteThing")
_REGIONS = ("us-east-1", "us-west-2", "eu-west-1", "eu-central-1")
_ACCOUNT = "123456789012"

# The delimiter never occurs in a line, so that DuckDB's CSV writer writes whole lines as they are.
_AS_LINES = r"format csv, header false, quote '', escape '', delimiter e'\x01'"
_COPY_OPTIONS = {
    "jsonl": "format json",
    "csv": "format csv, header true",
    "parquet": "format parquet, compression zstd",
    "combined": _AS_LINES,
}
FORMATS = (
    "jsonl", "jsonl.gz", "jsonl.zst", "csv", "csv.gz", "parquet", "cloudtrail", "combined",
    "combined.gz",
)  # fmt: skip


@dataclass(frozen=True)
class FileSet:
    """Files of one format, below ``landing/`` of a data folder of their own.

    Attributes:
        format: one of ``FORMATS``.
        data: the data folder.
        files: how many there are.
        rows: rows in all of them.
        disk_bytes: size as delivered.
        text_bytes: size of the uncompressed text; of Parquet, which is none, as delivered.
    """

    format: str
    data: Path
    files: int
    rows: int
    disk_bytes: int
    text_bytes: int

    @property
    def pattern(self) -> str:
        """Where DuckDB finds the files."""
        if self.format == "cloudtrail":
            return f"{self.data}/{CLOUDTRAIL_FOLDER}/**/*.json.gz"
        if self.format.startswith("combined"):
            return f"{self.data}/{REQUESTS_FOLDER}/format=combined/*"
        return f"{self.data}/{REQUESTS_FOLDER}/*"

    def warm(self) -> None:
        """Reads every file once, so that no measurement is the one that waits for the disk."""
        for path in (self.data / "landing").rglob("*"):
            if path.is_file():
                with path.open("rb") as opened:
                    while opened.read(1 << 20):
                        pass


@dataclass(frozen=True)
class Piece:
    """One file of API requests.

    Attributes:
        path: where it is written.
        first: number of its first row.
        rows: how many rows.
    """

    path: str
    first: int
    rows: int


def provide(folder: Path, format_: str, rows: int, files: int) -> FileSet:
    """The files of a format, written if the folder does not have them yet.

    Args:
        folder: holds one data folder for each format and size.
        format_: one of ``FORMATS``.
        rows: rows in all files together.
        files: number of files; CloudTrail's follows from its rows.

    Raises:
        BenchError: they cannot be written.
    """
    # Files of another version of this module must not be taken for these.
    version = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:8]
    data = folder / f"{format_}-{rows}-{files}-{version}"
    described = data / "files.json"
    if not described.exists():
        shutil.rmtree(data, ignore_errors=True)
        if format_ == "cloudtrail":
            written = measure(write_cloudtrail, str(data), rows).value
        else:
            written = measure(write_requests, plan(data, format_, rows, files), rows).value
        described.write_text(json.dumps(written), encoding="utf-8")
    return FileSet(format_, data, rows=rows, **json.loads(described.read_text(encoding="utf-8")))


def plan(data: Path, format_: str, rows: int, files: int) -> list[dict]:
    """Splits rows over files that follow each other in time."""
    base, _, packed = format_.partition(".")
    if base == "combined":
        # A folder on the path states the format; see formats/combined.
        folder, ending = f"{REQUESTS_FOLDER}/format=combined", "log"
    else:
        folder, ending = REQUESTS_FOLDER, base
    ending = f"{ending}.{packed}" if packed else ending
    bounds = [rows * number // files for number in range(files + 1)]
    return [
        asdict(Piece(f"{data}/{folder}/requests-{number:05d}.{ending}", first, after - first))
        for number, (first, after) in enumerate(itertools.pairwise(bounds))
    ]


# -- In a process of its own -----------------------------------------------------------------------


def write_requests(pieces: list[dict], total: int) -> dict[str, int]:
    """Writes files of API requests; the ending of a name says the format.

    Args:
        pieces: ``Piece`` as dicts.
        total: rows that the 28 days are divided by.

    Returns:
        ``files``, ``disk_bytes`` and ``text_bytes``.
    """
    with _connect() as connection, ThreadPoolExecutor(os.cpu_count()) as pool:

        def write(fields: dict) -> tuple[int, int]:
            # A query that keeps the order of range() runs on one thread, so each file has its own.
            piece = Piece(**fields)
            with connection.cursor() as cursor:
                _write_text(cursor, piece, total)
            return _pack(Path(piece.path))

        sizes = list(pool.map(write, pieces))
    return {
        "files": len(pieces),
        "disk_bytes": sum(disk_bytes for disk_bytes, _ in sizes),
        "text_bytes": sum(text_bytes for _, text_bytes in sizes),
    }


def _connect() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(config={"memory_limit": _MEMORY_LIMIT})
    connection.execute("set TimeZone = 'UTC'")
    return connection


def _format_of(path: Path) -> str:
    return {"log": "combined"}.get(ending := path.name.split(".")[1], ending)


def _write_text(connection: duckdb.DuckDBPyConnection, piece: Piece, total: int) -> None:
    path = Path(piece.path)
    path.parent.mkdir(parents=True, exist_ok=True)
    format_ = _format_of(path)
    query = _requests(piece.first, piece.rows, total)
    if format_ in ("jsonl", "csv"):
        query = (
            "select * replace (strftime(requested_at, '%Y-%m-%dT%H:%M:%S.%gZ') as requested_at) "
            f"from ({query})"
        )
    elif format_ == "combined":
        query = (
            "select concat(client_ip, ' - ', coalesce(application_id, '-'), ' [', "
            "strftime(requested_at, '%d/%b/%Y:%H:%M:%S'), ' +0000] \"', method, ' ', path, "
            "' HTTP/1.1\" ', status_code, ' ', (latency_ms * 10)::bigint, ' \"-\" \"', "
            f"user_agent, '\"') as line from ({query})"
        )
    target = path.with_suffix("") if path.suffix in (".gz", ".zst") else path
    connection.execute(f"copy ({query}) to {literal(str(target))} ({_COPY_OPTIONS[format_]})")


def _pack(path: Path) -> tuple[int, int]:
    """Compresses what was written for a path; returns the bytes on disk and of the text."""
    text = path.with_suffix("") if path.suffix in (".gz", ".zst") else path
    text_bytes = text.stat().st_size
    if path.suffix == ".gz":
        # As gateways write it; DuckDB's own gzip takes several times as long. No name, no time.
        with (
            text.open("rb") as source,
            path.open("wb") as opened,
            gzip.GzipFile("", "wb", 6, opened, mtime=0) as packed,
        ):
            shutil.copyfileobj(source, packed, 1 << 20)
    elif path.suffix == ".zst":
        with _connect() as connection:
            connection.execute(
                f"copy (select line from read_csv({literal(str(text))}, header = false, "
                "columns = {'line': 'VARCHAR'}, quote = '', escape = '', auto_detect = false, "
                rf"delim = e'\x01')) to {literal(str(path))} ({_AS_LINES}, compression zstd)"
            )
    if text != path:
        text.unlink()
    _sync(path)
    return path.stat().st_size, text_bytes


def _sync(path: Path) -> None:
    # What the system still has to write would slow down whatever is measured first.
    with path.open("rb") as opened:
        os.fsync(opened.fileno())


def _draw(salt: str, values: int | str, of: str = "i") -> str:
    """SQL of a whole number below ``values``, the same for the same ``of`` and salt."""
    return f"({_hash(salt, of)} % {values})::bigint"


def _zipf(salt: str, values: int) -> str:
    """SQL of a whole number below ``values``; the share of k falls as 1 / (k + 1)."""
    share = f"({_hash(salt)} >> 11)::double / {1 << 53}"
    return f"(least(floor(pow({values + 1}, {share})), {values}) - 1)::bigint"


def _hash(salt: str, of: str = "i") -> str:
    # DuckDB combines the hashes of two values by an exclusive or, so those of two salts have the
    # same bits in common for every row; hashed once more they are independent.
    return f"hash(hash({of}, {literal(salt)}))"


def _pick(values: tuple[str, ...], place: str) -> str:
    """SQL that takes the text at a place (from 0) out of a list."""
    return f"[{', '.join(map(literal, values))}][{place} + 1]"


def _moment(total: int) -> str:
    """SQL of the time of row ``i``."""
    step = DAYS * 86_400_000_000 // total
    return f"make_timestamp({_FIRST_DAY} + i * {step} + {_draw('jitter', 2_000)} * 1000)"


def _address(key: str) -> str:
    """SQL of one of the 1 to 4 addresses of a key, in a network for benchmarks (RFC 2544)."""
    number = f"({key} * 4 + {_draw('address', f'(1 + hash({key}) % 4)')})"
    return (
        f"concat('198.', 18 + {number} // 65536, '.', {number} // 256 % 256, '.', {number} % 256)"
    )


def _requests(first: int, rows: int, total: int) -> str:
    """A query for rows of API requests, in order."""
    status = "case "
    below = 0
    for code, share in _STATUSES:
        below += share
        status += f"when chance < {below} then {code} "
    status += "when method = 'POST' then 201 else 200 end"
    agent = f"case when chance % 10 < 9 then {_draw('agent', 20, 'token')} "
    agent += f"else {_draw('other agent', 20, 'token')} end"
    return f"""
    select
        'req_' || lpad(to_hex(hash(i + 1)), 16, '0') as request_id,
        moment as requested_at,
        'ns_live_' || md5('token ' || token) as token,
        method,
        case
            when is_item then concat('/v1/', resource, '/', item)
            else concat('/v1/', resource, '?limit=', 25 * (1 + item % 4), '&page=',
                1 + item // 4 % 2000, '&sort=-created_at')
        end as path,
        concat('/v1/', resource, if(is_item, '/{{id}}', '')) as endpoint,
        {_pick(_APIS, "kind // 6")} as api,
        ({status})::integer as status_code,
        if(token % 10 = 7, 'sandbox', 'production') as environment,
        round(8 + slowness * slowness / 500000, 1) as latency_ms,
        {_pick(_USER_AGENTS, agent)} as user_agent,
        {_pick(_COUNTRIES, _draw("country", 25, "token"))} as client_country,
        {_address("token")} as client_ip,
        if(token % 8 = 5, null, 'app_' || lpad(token::varchar, 5, '0')) as application_id
    from (
        select
            *,
            {_pick(_RESOURCES, "kind")} as resource,
            if(is_item, {_pick(_METHODS, _draw("method", len(_METHODS)))},
                if(chance % 4 = 0, 'POST', 'GET')) as method
        from (
            select
                i,
                {_moment(total)} as moment,
                {_zipf("token", TOKENS)} as token,
                {_draw("resource", len(_RESOURCES))} as kind,
                {_draw("is item", 2)} = 1 as is_item,
                {_draw("item", 100_000)} as item,
                {_draw("chance", 1_000)} as chance,
                {_draw("slowness", 50_000)} as slowness
            from range({first}, {first + rows}) as rows(i)
        )
    )
    """


def write_cloudtrail(data: str, rows: int) -> dict[str, int]:
    """Writes CloudTrail's documents.

    Returns:
        As ``write_requests``.
    """
    files = disk_bytes = text_bytes = 0
    with _connect() as connection:
        documents = connection.execute(
            f"""
            select
                i // {RECORDS_PER_DOCUMENT} as document,
                min(moment) as first,
                '{{"Records":[' || string_agg(record, ',' order by i) || ']}}' as text
            from ({_cloudtrail(rows)})
            group by document
            order by document
            """
        )
        while found := documents.fetchmany(50):
            for number, first, text in found:
                region = _REGIONS[number % len(_REGIONS)]
                path = Path(
                    f"{data}/{CLOUDTRAIL_FOLDER}/{_ACCOUNT}/CloudTrail/{region}/{first:%Y/%m/%d}/"
                    f"{_ACCOUNT}_CloudTrail_{region}_{first:%Y%m%dT%H%M}Z_{number:016d}.json.gz"
                )
                path.parent.mkdir(parents=True, exist_ok=True)
                content = text.encode()
                packed = gzip.compress(content, 6, mtime=0)
                path.write_bytes(packed)
                _sync(path)
                files += 1
                disk_bytes += len(packed)
                text_bytes += len(content)
    return {"files": files, "disk_bytes": disk_bytes, "text_bytes": text_bytes}


def _cloudtrail(rows: int) -> str:
    """A query for ``i``, ``moment`` and the JSON of CloudTrail records."""
    uuid = "concat(left({0}, 8), '-', {0}[9:12], '-', {0}[13:16], '-', {0}[17:20], '-', {0}[21:32])"
    return f"""
    select
        i,
        moment,
        concat(
            '{{"eventVersion":"1.08","userIdentity":{{"type":"IAMUser","principalId":"AIDA',
            owner, '","arn":"arn:aws:iam::{_ACCOUNT}:user/service-', key % 60,
            '","accountId":"{_ACCOUNT}","accessKeyId":"AKIA', owner,
            '","userName":"service-', key % 60,
            '","sessionContext":{{"sessionIssuer":{{}},"webIdFederationData":{{}},"attributes":'
            '{{"creationDate":"2025-06-01T08:00:00Z","mfaAuthenticated":"false"}}}}}},"eventTime":"',
            strftime(moment, '%Y-%m-%dT%H:%M:%SZ'), '","eventSource":"', service,
            '.amazonaws.com","eventName":"', event, '","awsRegion":"', region,
            '","sourceIPAddress":"', {_address("key")}, '","userAgent":"',
            {_pick(_USER_AGENTS, _draw("agent", 20, "key"))}, '"',
            if(is_refused, ',"errorCode":"AccessDenied","errorMessage":"User: '
                || 'arn:aws:iam::{_ACCOUNT}:user/service is not authorized to perform this"', ''),
            ',"requestParameters":{{"resourceName":"thing-', {_draw("thing", 20_000)},
            '","Host":"', service, '.', region, '.amazonaws.com","maxResults":100}}',
            ',"responseElements":',
            if(is_new_key, '{{"accessKey":{{"accessKeyId":"AKIA' || upper(substr(two, 1, 16))
                || '","status":"Active","userName":"service"}}}}', 'null'),
            ',"additionalEventData":{{"SignatureVersion":"SigV4","CipherSuite":'
            '"ECDHE-RSA-AES128-GCM-SHA256","bytesTransferredIn":0,"AuthenticationMethod":'
            '"AuthHeader","bytesTransferredOut":', {_draw("bytes", 100_000)},
            '}},"requestID":"', {uuid.format("one")}, '","eventID":"', {uuid.format("two")},
            '","readOnly":', {_draw("operation", 5)} < 3,
            ',"resources":[{{"type":"AWS::Thing","ARN":"arn:aws:', service,
            ':::thing"}}],"eventType":"AwsApiCall","managementEvent":true,"recipientAccountId":'
            '"{_ACCOUNT}","eventCategory":"Management","tlsDetails":{{"tlsVersion":"TLSv1.2",'
            '"cipherSuite":"ECDHE-RSA-AES128-GCM-SHA256","clientProvidedHostHeader":"',
            service, '.', region, '.amazonaws.com"}}}}'
        ) as record
    from (
        select
            *,
            upper(substr(md5('key ' || key), 1, 16)) as owner,
            if(is_new_key, 'iam', {_pick(_SERVICES, _draw("service", len(_SERVICES)))}) as service,
            if(is_new_key, 'CreateAccessKey',
                {_pick(_OPERATIONS, _draw("operation", 5))}) as event
        from (
            select
                i,
                {_moment(rows)} as moment,
                {_zipf("key", ACCESS_KEYS)} as key,
                md5('request ' || i) as one,
                md5('event ' || i) as two,
                {_draw("refused", 10)} = 0 as is_refused,
                {_draw("new key", 1_000)} = 0 as is_new_key,
                {_pick(_REGIONS, f"(i // {RECORDS_PER_DOCUMENT}) % {len(_REGIONS)}")} as region
            from range({rows}) as rows(i)
        )
    )
    """
