"""Scenes of boto3 at its default settings. Run: python3 boto.py name_of_a_scene."""

import hashlib
import http.client
import io
import json
import os
import sys
import urllib.parse
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.exceptions import ClientError

MIB = 1 << 20
BUCKET = f"boto-{uuid.uuid4().hex}"


def client():
    return boto3.session.Session().client("s3", endpoint_url=os.environ["S3"])


s3 = client()


def read(key, **more):
    return s3.get_object(Bucket=BUCKET, Key=key, **more)["Body"].read()


def refused(code, call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        assert error.response["Error"]["Code"] == code, error
        return
    raise AssertionError(f"{call.__name__} was not refused with {code}")


def fetch(url, method="GET", body=None, headers={}):
    """As written: urllib would add a Content-Type, which is signed."""
    place = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(place.netloc)
    try:
        connection.request(method, f"{place.path}?{place.query}" if place.query else place.path, body, headers)
        reply = connection.getresponse()
        return reply.status, reply.read(), reply.headers
    finally:
        connection.close()


def plain(key):
    return f"{os.environ['S3']}/{BUCKET}/{key}"


def buckets():
    assert BUCKET in [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]
    s3.head_bucket(Bucket=BUCKET)
    refused("404", s3.head_bucket, Bucket="boto-none")
    s3.put_object(Bucket=BUCKET, Key="k", Body=b"x")
    refused("BucketNotEmpty", s3.delete_bucket, Bucket=BUCKET)
    s3.delete_object(Bucket=BUCKET, Key="k")
    s3.delete_bucket(Bucket=BUCKET)
    refused("NoSuchBucket", s3.list_objects_v2, Bucket=BUCKET)


def sizes():
    for size in [0, 1, 5 * MIB - 1, 5 * MIB, 5 * MIB + 1, 100 * MIB]:
        body = os.urandom(size)
        s3.upload_fileobj(io.BytesIO(body), BUCKET, str(size))
        back = io.BytesIO()
        s3.download_fileobj(BUCKET, str(size), back)
        assert back.getvalue() == body, size
        head = s3.head_object(Bucket=BUCKET, Key=str(size))
        assert head["ContentLength"] == size
        if size < 8 * MIB:
            assert head["ETag"] == f'"{hashlib.md5(body).hexdigest()}"'
        else:
            assert head["ETag"].endswith('-13"')
            assert read(str(size), PartNumber=2) == body[8 * MIB : 16 * MIB]
            assert s3.get_object(Bucket=BUCKET, Key=str(size), PartNumber=1)["ETag"] == head["ETag"]
    s3.copy({"Bucket": BUCKET, "Key": str(100 * MIB)}, BUCKET, "copy")
    assert read("copy") == body


def odd_keys():
    keys = ["two words", "plus+plus", "per%2Fcent%", "a//b", "trailing/", "a/../b", "./dot", "..", "q?x=1#y",
            "quotes'\"<>&", "雪/😀", "back\\slash", "(*)!~", "a\nb\tc", "x" * 1024, "ü" * 512, "a/b", "a/b/c"]
    for key in keys:
        s3.put_object(Bucket=BUCKET, Key=key, Body=key.encode())
    for version in ["list_objects", "list_objects_v2"]:
        listed = [
            entry["Key"]
            for page in s3.get_paginator(version).paginate(Bucket=BUCKET, PaginationConfig={"PageSize": 5})
            for entry in page["Contents"]
        ]
        assert listed == sorted(keys, key=lambda key: key.encode()), listed
    for key in keys:
        assert read(key) == key.encode()
        s3.copy_object(Bucket=BUCKET, Key="copied", CopySource={"Bucket": BUCKET, "Key": key})
        assert read("copied") == key.encode()
    gone = s3.delete_objects(Bucket=BUCKET, Delete={"Objects": [{"Key": key} for key in keys]})
    assert sorted(entry["Key"] for entry in gone["Deleted"]) == sorted(keys) and "Errors" not in gone
    assert [entry["Key"] for entry in s3.list_objects_v2(Bucket=BUCKET)["Contents"]] == ["copied"]
    refused("KeyTooLongError", s3.put_object, Bucket=BUCKET, Key="x" * 1025)


def metadata():
    given = dict(ContentType="text/x-y", CacheControl="max-age=9", ContentDisposition="attachment",
                 ContentLanguage="de", ContentEncoding="gzip", Metadata={"colour": "blue", "size": "L"})
    s3.put_object(Bucket=BUCKET, Key="k", Body=b"x", **given)
    head = s3.head_object(Bucket=BUCKET, Key="k")
    assert {name: head[name] for name in given} == given
    s3.copy_object(Bucket=BUCKET, Key="k", CopySource=f"{BUCKET}/k", MetadataDirective="REPLACE", Metadata={"a": "b"})
    assert s3.head_object(Bucket=BUCKET, Key="k")["Metadata"] == {"a": "b"}
    s3.upload_fileobj(io.BytesIO(b"x" * 9 * MIB), BUCKET, "parts", ExtraArgs=given)
    head = s3.head_object(Bucket=BUCKET, Key="parts")
    assert {name: head[name] for name in given} == given
    refused("InvalidArgument", s3.get_object, Bucket=BUCKET, Key="k", VersionId="none")


def resumed_upload():
    body = os.urandom(16 * MIB + 1)
    pieces = {n + 1: body[n * 5 * MIB : (n + 1) * 5 * MIB] for n in range(4)}
    upload = dict(Bucket=BUCKET, Key="k", UploadId=s3.create_multipart_upload(Bucket=BUCKET, Key="k")["UploadId"])
    for number in [3, 1]:
        s3.upload_part(PartNumber=number, Body=pieces[number], **upload)

    again = client()
    open_ones = again.list_multipart_uploads(Bucket=BUCKET)["Uploads"]
    assert [(entry["Key"], entry["UploadId"]) for entry in open_ones] == [("k", upload["UploadId"])]
    pages = again.get_paginator("list_parts").paginate(PaginationConfig={"PageSize": 1}, **upload)
    there = {part["PartNumber"]: part["ETag"] for page in pages for part in page.get("Parts", [])}
    assert there == {n: f'"{hashlib.md5(pieces[n]).hexdigest()}"' for n in [1, 3]}
    for number in pieces.keys() - there.keys():
        there[number] = again.upload_part(PartNumber=number, Body=pieces[number], **upload)["ETag"]
    parts = [{"PartNumber": number, "ETag": there[number]} for number in sorted(there)]
    done = again.complete_multipart_upload(MultipartUpload={"Parts": parts}, **upload)
    assert done["ETag"].endswith('-4"')
    repeated = again.complete_multipart_upload(MultipartUpload={"Parts": parts}, **upload)
    assert repeated["ETag"] == done["ETag"]
    assert read("k") == body
    refused("NoSuchUpload", s3.abort_multipart_upload, **upload)
    assert read("k") == body

    aborted = dict(upload, UploadId=s3.create_multipart_upload(Bucket=BUCKET, Key="k")["UploadId"])
    s3.upload_part(PartNumber=1, Body=b"x", **aborted)
    s3.abort_multipart_upload(**aborted)
    refused("NoSuchUpload", s3.list_parts, **aborted)
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=BUCKET)
    refused("MalformedXML", s3.complete_multipart_upload, MultipartUpload={"Parts": []}, **upload)


def transfers_at_once():
    config = TransferConfig(multipart_threshold=5 * MIB, multipart_chunksize=5 * MIB, max_concurrency=4)
    bodies = {f"k{n}": os.urandom(11 * MIB + n) for n in range(4)}
    same = [os.urandom(6 * MIB) for _ in range(4)]
    with ThreadPoolExecutor(8) as pool:
        each = [pool.submit(s3.upload_fileobj, io.BytesIO(body), BUCKET, key, Config=config)
                for key, body in [*bodies.items(), *[("one", body) for body in same]]]
        for upload in each:
            upload.result()
    for key, body in bodies.items():
        assert read(key) == body
    assert read("one") in same
    assert len(s3.list_objects_v2(Bucket=BUCKET)["Contents"]) == 5


def presigned():
    def url(call, **more):
        return s3.generate_presigned_url(call, {"Bucket": BUCKET, "Key": "a b+ü", **more})

    assert fetch(url("put_object"), "PUT", b"by url")[0] == 200
    assert fetch(url("get_object"))[1] == b"by url"
    said = fetch(url("get_object", ResponseContentType="text/x-y", ResponseContentDisposition="inline"))[2]
    assert (said["content-type"], said["content-disposition"]) == ("text/x-y", "inline")
    form = s3.generate_presigned_post(BUCKET, "forms/${filename}", {"acl": "public-read"}, [{"acl": "public-read"}])
    line = uuid.uuid4().hex
    fields = [f'Content-Disposition: form-data; name="{name}"\r\n\r\n{text}' for name, text in form["fields"].items()]
    fields.append('Content-Disposition: form-data; name="file"; filename="f.txt"\r\n\r\nby form')
    body = "".join(f"--{line}\r\n{field}\r\n" for field in fields) + f"--{line}--\r\n"
    headers = {"Content-Type": f"multipart/form-data; boundary={line}"}
    assert fetch(form["url"], "POST", body.encode(), headers)[0] == 204
    assert fetch(plain("forms/f.txt"))[1] == b"by form"


def versions():
    s3.put_object(Bucket=BUCKET, Key="k", Body=b"0")
    assert "Status" not in s3.get_bucket_versioning(Bucket=BUCKET)
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    ids = [s3.put_object(Bucket=BUCKET, Key="k", Body=body)["VersionId"] for body in [b"1", b"2"]]
    marker = s3.delete_object(Bucket=BUCKET, Key="k")
    assert marker["DeleteMarker"]
    refused("NoSuchKey", s3.get_object, Bucket=BUCKET, Key="k")
    assert [read("k", VersionId=id) for id in ["null", *ids]] == [b"0", b"1", b"2"]
    pages = s3.get_paginator("list_object_versions").paginate(Bucket=BUCKET, PaginationConfig={"PageSize": 1})
    seen = [entry for page in pages for kind in ["DeleteMarkers", "Versions"] for entry in page.get(kind, [])]
    assert [entry["VersionId"] for entry in seen] == [marker["VersionId"], *reversed(ids), "null"]
    assert [entry["IsLatest"] for entry in seen] == [True, False, False, False]
    s3.delete_object(Bucket=BUCKET, Key="k", VersionId=marker["VersionId"])
    assert read("k") == b"2"
    s3.delete_object(Bucket=BUCKET, Key="k", VersionId=ids[1])
    assert read("k") == b"1"
    boto3.resource("s3", endpoint_url=os.environ["S3"]).Bucket(BUCKET).object_versions.delete()
    s3.delete_bucket(Bucket=BUCKET)


def locks():
    bucket = f"{BUCKET[:50]}-locked"
    s3.create_bucket(Bucket=bucket, ObjectLockEnabledForBucket=True)
    later = datetime.now(timezone.utc).replace(microsecond=0) + timedelta(days=1)
    put = s3.put_object(Bucket=bucket, Key="k", Body=b"x", ObjectLockMode="GOVERNANCE",
                        ObjectLockRetainUntilDate=later, ChecksumAlgorithm="SHA256")
    k = dict(Bucket=bucket, Key="k", VersionId=put["VersionId"])
    assert s3.get_object_retention(**k)["Retention"] == {"Mode": "GOVERNANCE", "RetainUntilDate": later}
    refused("AccessDenied", s3.delete_object, **k)
    s3.put_object_legal_hold(LegalHold={"Status": "ON"}, **k)
    refused("AccessDenied", s3.delete_object, BypassGovernanceRetention=True, **k)
    s3.put_object_legal_hold(LegalHold={"Status": "OFF"}, **k)
    s3.delete_object(BypassGovernanceRetention=True, **k)
    rule = {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 1}}
    s3.put_object_lock_configuration(
        Bucket=bucket, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": rule})
    assert s3.get_object_lock_configuration(Bucket=bucket)["ObjectLockConfiguration"]["Rule"] == rule
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    assert s3.head_object(Bucket=bucket, Key="k")["ObjectLockMode"] == "COMPLIANCE"


def tags_and_lifecycle():
    tags = {"TagSet": [{"Key": "a b", "Value": "+ü"}, {"Key": "c", "Value": ""}]}
    s3.put_object(Bucket=BUCKET, Key="k", Body=b"x", Tagging="a%20b=%2B%C3%BC&c=")
    assert s3.get_object_tagging(Bucket=BUCKET, Key="k")["TagSet"] == tags["TagSet"]
    assert s3.get_object(Bucket=BUCKET, Key="k")["TagCount"] == 2
    s3.delete_object_tagging(Bucket=BUCKET, Key="k")
    s3.put_object_tagging(Bucket=BUCKET, Key="k", Tagging=tags)
    assert s3.get_object_tagging(Bucket=BUCKET, Key="k")["TagSet"] == tags["TagSet"]
    refused("NoSuchTagSet", s3.get_bucket_tagging, Bucket=BUCKET)
    s3.put_bucket_tagging(Bucket=BUCKET, Tagging=tags)
    assert s3.get_bucket_tagging(Bucket=BUCKET)["TagSet"] == tags["TagSet"]
    s3.delete_bucket_tagging(Bucket=BUCKET)
    refused("NoSuchLifecycleConfiguration", s3.get_bucket_lifecycle_configuration, Bucket=BUCKET)
    rules = [
        {"ID": "old", "Filter": {"Prefix": "logs/"}, "Status": "Enabled", "Expiration": {"Days": 3}},
        {"ID": "cut", "Filter": {"Prefix": ""}, "Status": "Enabled",
         "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 2}},
    ]
    s3.put_bucket_lifecycle_configuration(Bucket=BUCKET, LifecycleConfiguration={"Rules": rules})
    assert s3.get_bucket_lifecycle_configuration(Bucket=BUCKET)["Rules"] == rules
    s3.delete_bucket_lifecycle(Bucket=BUCKET)


def access():
    s3.put_object(Bucket=BUCKET, Key="k", Body=b"x")
    assert fetch(plain("k"))[0] == 403
    s3.put_object_acl(Bucket=BUCKET, Key="k", ACL="public-read")
    assert fetch(plain("k"))[:2] == (200, b"x")
    acl = s3.get_object_acl(Bucket=BUCKET, Key="k")
    own = [grant for grant in acl["Grants"] if grant["Grantee"].get("ID") == acl["Owner"]["ID"]]
    assert sorted(grant["Permission"] for grant in acl["Grants"]) == ["FULL_CONTROL", "READ"] and len(own) == 1
    s3.put_object_acl(Bucket=BUCKET, Key="k", AccessControlPolicy={"Owner": acl["Owner"], "Grants": own})
    assert fetch(plain("k"))[0] == 403
    refused("NoSuchBucketPolicy", s3.get_bucket_policy, Bucket=BUCKET)
    policy = {"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{BUCKET}/*"}]}
    s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(policy))
    assert json.loads(s3.get_bucket_policy(Bucket=BUCKET)["Policy"]) == policy
    assert s3.get_bucket_policy_status(Bucket=BUCKET)["PolicyStatus"]["IsPublic"]
    assert fetch(plain("k"))[0] == 200
    block = dict.fromkeys(
        ["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"], True)
    s3.put_public_access_block(Bucket=BUCKET, PublicAccessBlockConfiguration=block)
    assert s3.get_public_access_block(Bucket=BUCKET)["PublicAccessBlockConfiguration"] == block
    assert fetch(plain("k"))[0] == 403
    s3.delete_public_access_block(Bucket=BUCKET)
    s3.delete_bucket_policy(Bucket=BUCKET)
    cors = [{"AllowedOrigins": ["https://a.example"], "AllowedMethods": ["PUT"], "AllowedHeaders": ["*"],
             "ExposeHeaders": ["ETag"], "MaxAgeSeconds": 9}]
    s3.put_bucket_cors(Bucket=BUCKET, CORSConfiguration={"CORSRules": cors})
    assert s3.get_bucket_cors(Bucket=BUCKET)["CORSRules"] == cors
    asked = {"Origin": "https://a.example", "Access-Control-Request-Method": "PUT"}
    status, _, said = fetch(plain("k"), "OPTIONS", None, asked)
    assert (status, said["access-control-allow-origin"]) == (200, "https://a.example")
    s3.delete_bucket_cors(Bucket=BUCKET)
    refused("NoSuchCORSConfiguration", s3.get_bucket_cors, Bucket=BUCKET)
    assert s3.get_bucket_acl(Bucket=BUCKET)["Grants"][0]["Permission"] == "FULL_CONTROL"


def expecting(name, value):
    """A client of a version that has no parameter for the condition."""
    other = client()
    other.meta.events.register("before-call.s3.PutObject", lambda params, **_: params["headers"].update({name: value}))
    return other


def lock_file():
    """As Terraform's S3 backend does: create the lock, read it, delete it."""
    writers = [expecting("If-None-Match", "*") for _ in range(2)]

    def take(number):
        try:
            writers[number].put_object(Bucket=BUCKET, Key="state.tflock", Body=b"%d" % number, ChecksumAlgorithm="SHA256")
            return number
        except ClientError as error:
            assert error.response["Error"]["Code"] in ["PreconditionFailed", "ConditionalRequestConflict"], error
            return None

    with ThreadPoolExecutor(2) as pool:
        for _ in range(50):
            winners = [number for number in pool.map(take, range(2)) if number is not None]
            assert len(winners) == 1, winners
            assert read("state.tflock") == b"%d" % winners[0]
            s3.delete_object(Bucket=BUCKET, Key="state.tflock")


def conditions():
    etag = s3.put_object(Bucket=BUCKET, Key="k", Body=b"0123456789")["ETag"]
    assert read("k", IfMatch=etag) == b"0123456789"
    assert read("k", Range="bytes=2-4", IfMatch=etag.strip('"')) == b"234"
    refused("PreconditionFailed", s3.get_object, Bucket=BUCKET, Key="k", IfMatch='"0"', Range="bytes=99-")
    refused("304", s3.get_object, Bucket=BUCKET, Key="k", IfNoneMatch=etag)
    refused("InvalidRange", s3.get_object, Bucket=BUCKET, Key="k", Range="bytes=10-")
    expecting("If-Match", etag).put_object(Bucket=BUCKET, Key="k", Body=b"next")
    refused("PreconditionFailed", expecting("If-Match", etag).put_object, Bucket=BUCKET, Key="k", Body=b"late")
    refused("NoSuchKey", expecting("If-Match", etag).put_object, Bucket=BUCKET, Key="none", Body=b"x")
    refused("SignatureDoesNotMatch", boto3.client(
        "s3", endpoint_url=os.environ["S3"], aws_secret_access_key="wrong",
        aws_access_key_id=os.environ["AWS_ACCESS_KEY_ID"]).list_buckets)


if __name__ == "__main__":
    s3.create_bucket(Bucket=BUCKET)
    globals()[sys.argv[1]]()
