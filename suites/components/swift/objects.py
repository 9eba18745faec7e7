"""An object that is stored and read back through the S3 API, with the client that Glance uses."""

from suites.hosts.places import in_python
from suites.hosts.reading import Observation

GONE = "404"
# The host's own file has the store's address and credentials, so that no secret is in argv.
ROUND_TRIP = """
import boto3, hashlib, json, os, sys, uuid
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
place = json.load(open("/etc/stagegate/s3.json"))
config = Config(connect_timeout=3, read_timeout=10, retries={"total_max_attempts": 1},
                s3={"addressing_style": "path"})
client = boto3.client("s3", endpoint_url=place["endpoint"], aws_access_key_id=place["access_key"],
                      aws_secret_access_key=place["secret_key"], region_name="us-east-1", config=config)
where, body = {"Bucket": place["bucket"], "Key": f"smoke-{uuid.uuid4()}"}, os.urandom(int(sys.argv[1]))
try:
    client.put_object(Body=body, **where)
    try: read = client.get_object(**where)["Body"].read()
    finally: client.delete_object(**where)
    # Asked for by name: a container's list may be behind its objects.
    try: left = client.head_object(**where)["ContentLength"] and "there"
    except ClientError as error: left = error.response["Error"]["Code"]
except (BotoCoreError, ClientError) as error: sys.exit(f"{type(error).__name__}: {error}")
print(hashlib.sha256(body).hexdigest(), hashlib.sha256(read).hexdigest(), left)
"""


def round_trip(size: int) -> str:
    """Return the script that stores, reads and deletes an object; it prints both hashes and what is left."""
    return in_python(ROUND_TRIP, str(size))


def read_back(answer: str, size: int) -> Observation:
    """Say whether the data read is the data stored, and the object is deleted."""
    words = answer.split()
    if len(words) != 3:  # noqa: PLR2004 - two hashes and a word
        return Observation(holds=False, seen=f"the round trip said {answer.strip() or 'nothing'}")
    stored, read, left = words
    if stored != read:
        return Observation(holds=False, seen=f"stored {stored[:12]}, read {read[:12]}")
    if left != GONE:
        return Observation(holds=False, seen=f"the object was deleted and is still there ({left})")
    return Observation(holds=True, seen=f"{size} bytes stored and read back, sha256 {read[:12]}")
