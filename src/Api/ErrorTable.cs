using Varve.Domain;
using static Varve.Domain.ErrorCode;

namespace Varve.Api;

/// <param name="Status">HTTP status, the same for both surfaces.</param>
/// <param name="S3Code">The word in S3's error XML.</param>
/// <param name="Message">For people. The rejection's detail goes behind it.</param>
public sealed record ErrorRow(int Status, string S3Code, string Message);

/// <summary>What each refusal looks like on the wire.</summary>
/// <seealso href="https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html"/>
public static class ErrorTable
{
    /// <summary>No default arm, on purpose: a code without a row fails the build (CS8509).</summary>
    public static ErrorRow For(ErrorCode code) =>
        code switch
        {
            AccessControlListNotSupported => new(
                400,
                "AccessControlListNotSupported",
                "The bucket does not allow ACLs"
            ),
            AccessDenied => new(403, "AccessDenied", "Access Denied"),
            AccessForbidden => new(403, "AccessForbidden", "CORSResponse: This CORS request is not allowed."),
            AuthorizationHeaderMalformed => new(
                400,
                "AuthorizationHeaderMalformed",
                "The authorization header is malformed."
            ),
            AuthorizationQueryParametersError => new(
                400,
                "AuthorizationQueryParametersError",
                "The authorization query parameters are malformed."
            ),
            BadDigest => new(400, "BadDigest", "The digest you specified did not match the bytes received."),
            BadRequest => new(400, "BadRequest", "Bad Request"),
            BucketAlreadyExists => new(409, "BucketAlreadyExists", "The bucket name is taken; choose another."),
            BucketAlreadyOwnedByYou => new(409, "BucketAlreadyOwnedByYou", "You already own this bucket."),
            BucketNotEmpty => new(409, "BucketNotEmpty", "The bucket you tried to delete is not empty."),
            ConditionalRequestConflict => new(
                409,
                "ConditionalRequestConflict",
                "A conflicting operation on this key went on at the same time; try again."
            ),
            ContentConflict => new(409, "ContentConflict", "Another content with this SHA-1 is stored already."),
            ContentPurged => new(
                410,
                "InvalidObjectState",
                "The bytes of this version are gone: it was replaced or deleted longer ago than they are kept."
            ),
            ContentSha256Mismatch => new(
                400,
                "XAmzContentSHA256Mismatch",
                "The provided 'x-amz-content-sha256' header does not match what was computed."
            ),
            EntityTooLarge => new(400, "EntityTooLarge", "Your upload exceeds the maximum allowed size."),
            EntityTooSmall => new(400, "EntityTooSmall", "A part other than the last is smaller than 5 MiB."),
            ExpiredToken => new(400, "ExpiredToken", "The provided token has expired."),
            HashMismatch => new(409, "HashMismatch", "The bytes received have another SHA-1 than announced."),
            IdempotencyKeyReused => new(
                409,
                "IdempotentParameterMismatch",
                "This idempotency key was used for another request."
            ),
            IllegalVersioningConfiguration => new(
                400,
                "IllegalVersioningConfigurationException",
                "The Versioning element must be specified"
            ),
            IncompleteBody => new(
                400,
                "IncompleteBody",
                "The body does not have the number of bytes that the request announced."
            ),
            InternalError => new(500, "InternalError", "We encountered an internal error. Please try again."),
            InvalidAccessKeyId => new(403, "InvalidAccessKeyId", "The access key that you provided does not exist."),
            InvalidArgument => new(400, "InvalidArgument", "Invalid argument."),
            InvalidBucketAclWithObjectOwnership => new(
                400,
                "InvalidBucketAclWithObjectOwnership",
                "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting"
            ),
            InvalidBucketName => new(400, "InvalidBucketName", "The specified bucket name is not valid."),
            InvalidBucketState => new(
                409,
                "InvalidBucketState",
                "The request is not valid with the current state of the bucket."
            ),
            InvalidChunkSize => new(400, "InvalidChunkSizeError", "A chunk's size is not valid."),
            InvalidDigest => new(400, "InvalidDigest", "The digest you specified is not valid."),
            InvalidEncryptionAlgorithm => new(
                400,
                "InvalidEncryptionAlgorithmError",
                "The Encryption request you specified is not valid. Supported value: AES256."
            ),
            InvalidPart => new(
                400,
                "InvalidPart",
                "A part was not found: not uploaded, uploaded again meanwhile, or with another ETag."
            ),
            InvalidPartOrder => new(400, "InvalidPartOrder", "The parts must be listed in ascending order."),
            InvalidPolicyDocument => new(400, "InvalidPolicyDocument", "Invalid Policy:"),
            InvalidRange => new(416, "InvalidRange", "The requested range is not satisfiable."),
            InvalidRedirectLocation => new(
                400,
                "InvalidRedirectLocation",
                "The website redirect location must have a prefix of 'http://' or 'https://' or '/'."
            ),
            InvalidRequest => new(400, "InvalidRequest", "Invalid request."),
            InvalidRetentionPeriod => new(
                400,
                "InvalidRetentionPeriod",
                "Default retention period must be a positive integer value"
            ),
            InvalidStorageClass => new(400, "InvalidStorageClass", "The storage class you specified is not valid"),
            InvalidTag => new(400, "InvalidTag", "The tag provided was not a valid tag."),
            InvalidUri => new(400, "InvalidURI", "Couldn't parse the specified URI."),
            KeyTooLong => new(400, "KeyTooLongError", "A key has at most 1,024 bytes of UTF-8."),
            MalformedAcl => new(
                400,
                "MalformedACLError",
                "The XML you provided was not well-formed or did not validate against our published schema"
            ),
            MalformedPolicy => new(400, "MalformedPolicy", ""),
            MalformedPostRequest => new(
                400,
                "MalformedPOSTRequest",
                "The body of your POST request is not well-formed multipart/form-data."
            ),
            MalformedTrailer => new(
                400,
                "MalformedTrailerError",
                "The request contained trailing data that was not well-formed or did not conform to what was announced."
            ),
            MalformedXml => new(
                400,
                "MalformedXML",
                "The XML you provided was not well-formed or did not validate against our published schema."
            ),
            MaxMessageLengthExceeded => new(400, "MaxMessageLengthExceeded", "The request body is too large."),
            MaxPostPreDataLengthExceeded => new(
                400,
                "MaxPostPreDataLengthExceededError",
                "Your POST request fields preceding the upload file were too large."
            ),
            MetadataTooLarge => new(400, "MetadataTooLarge", "Your metadata exceeds the maximum allowed size."),
            MethodNotAllowed => new(405, "MethodNotAllowed", "This method is not allowed against this resource."),
            MissingContentLength => new(411, "MissingContentLength", "You must provide the Content-Length header."),
            MissingSecurityHeader => new(400, "MissingSecurityHeader", "A required header is missing."),
            NoSuchAccessKey => new(404, "NoSuchAccessKey", "No such access key."),
            NoSuchBucket => new(404, "NoSuchBucket", "The specified bucket does not exist."),
            NoSuchBucketPolicy => new(404, "NoSuchBucketPolicy", "The bucket policy does not exist"),
            NoSuchCorsConfiguration => new(404, "NoSuchCORSConfiguration", "The CORS configuration does not exist"),
            NoSuchFile => new(404, "NoSuchFile", "No such file."),
            NoSuchKey => new(404, "NoSuchKey", "The specified key does not exist."),
            NoSuchLifecycleConfiguration => new(
                404,
                "NoSuchLifecycleConfiguration",
                "The lifecycle configuration does not exist"
            ),
            NoSuchObjectLockConfiguration => new(
                404,
                "NoSuchObjectLockConfiguration",
                "The specified object does not have a ObjectLock configuration"
            ),
            NoSuchPublicAccessBlockConfiguration => new(
                404,
                "NoSuchPublicAccessBlockConfiguration",
                "The public access block configuration was not found"
            ),
            NoSuchTagSet => new(404, "NoSuchTagSet", "The TagSet does not exist"),
            NoSuchUpload => new(
                404,
                "NoSuchUpload",
                "The specified upload does not exist. It may have been completed or aborted."
            ),
            NoSuchUser => new(404, "NoSuchUser", "No such user."),
            NoSuchVersion => new(404, "NoSuchVersion", "The specified version does not exist."),
            NotImplemented => new(501, "NotImplemented", "Varve does not implement what this request asks for."),
            NotModified => new(304, "NotModified", "Not modified."),
            ObjectLockConfigurationNotFound => new(
                404,
                "ObjectLockConfigurationNotFoundError",
                "Object Lock configuration does not exist for this bucket"
            ),
            OperationAborted => new(409, "OperationAborted", "A conflicting operation is in progress; try again."),
            OwnershipControlsNotFound => new(
                404,
                "OwnershipControlsNotFoundError",
                "The bucket ownership controls were not found"
            ),
            PartsMissing => new(400, "InvalidPart", "invalid request"),
            PreconditionFailed => new(412, "PreconditionFailed", "At least one of the preconditions did not hold."),
            QuotaExceeded => new(403, "QuotaExceeded", "The bucket has no room for it: its quota is exceeded."),
            RequestTimeTooSkewed => new(
                403,
                "RequestTimeTooSkewed",
                "The difference between the request time and the server's time is too large."
            ),
            RequestTimeout => new(
                400,
                "RequestTimeout",
                "Your socket connection to the server was not read from or written to within the timeout period."
            ),
            ServerSideEncryptionConfigurationNotFound => new(
                404,
                "ServerSideEncryptionConfigurationNotFoundError",
                "The server side encryption configuration was not found"
            ),
            ServiceUnavailable => new(503, "ServiceUnavailable", "Please try again later."),
            SignatureDoesNotMatch => new(
                403,
                "SignatureDoesNotMatch",
                "The request signature we calculated does not match the signature you provided."
            ),
            SlowDown => new(503, "SlowDown", "Please reduce your request rate."),
            TooManyRequests => new(429, "TooManyRequests", "Too many attempts; wait a while."),
            Unauthorized => new(401, "AccessDenied", "Sign in first: username and token, or a bearer token."),
            UnresolvableGrantByEmailAddress => new(
                400,
                "UnresolvableGrantByEmailAddress",
                "The e-mail address you provided does not match any account on record."
            ),
            UnsupportedMediaType => new(415, "UnsupportedMediaType", "This content type is not supported here."),
            UserAlreadyExists => new(409, "UserAlreadyExists", "The user name is taken."),
            WrongCredentials => new(401, "AccessDenied", "Wrong user name or password."),
        };
}
